package io.github.backdoor4j.attacks;

import io.github.backdoor4j.core.tensor.ComputeDevice;
import org.bytedeco.pytorch.AbstractTensor;
import org.bytedeco.pytorch.Tensor;

/**
 * The orthonormal discrete cosine transform of type II in two dimensions, as products with
 * matrices: X = D·x·Dᵀ with D(k, n) = c(k)·cos(π(2n + 1)k / 2N), c(0) = √(1/N), else √(2/N).
 */
final class Dct {

  private Dct() {}

  /** D for N points: N×N doubles, one frequency a row, on the CPU. */
  static Tensor matrix(int points) {
    double[] values = new double[points * points];
    for (int k = 0; k < points; k++) {
      double scale = Math.sqrt((k == 0 ? 1.0 : 2.0) / points);
      for (int n = 0; n < points; n++) {
        values[k * points + n] =
            scale * StrictMath.cos(StrictMath.PI * (2 * n + 1) * k / (2 * points));
      }
    }
    return AbstractTensor.create(values, points, points);
  }

  /**
   * From space to frequencies.
   *
   * @param planes …×H×W doubles
   * @return the same shape; first the vertical frequency, then the horizontal one
   */
  static Tensor forward(Tensor planes) {
    return rows(planes).matmul(planes).matmul(columns(planes).transpose(0, 1));
  }

  /**
   * From frequencies to space.
   *
   * @param spectra …×H×W doubles
   */
  static Tensor inverse(Tensor spectra) {
    return rows(spectra).transpose(0, 1).matmul(spectra).matmul(columns(spectra));
  }

  private static Tensor rows(Tensor planes) {
    return ComputeDevice.of(planes).place(matrix(Math.toIntExact(planes.size(-2))));
  }

  private static Tensor columns(Tensor planes) {
    return ComputeDevice.of(planes).place(matrix(Math.toIntExact(planes.size(-1))));
  }
}
