package io.github.backdoor4j.attacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.Arrays;
import org.bytedeco.pytorch.AbstractTensor;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DctTest {

  /** By the double sum of the definition. */
  private static double coefficient(double[][] x, int u, int v) {
    int rows = x.length;
    int columns = x[0].length;
    double sum = 0;
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        sum +=
            x[i][j]
                * Math.cos(Math.PI * (i + 0.5) * u / rows)
                * Math.cos(Math.PI * (j + 0.5) * v / columns);
      }
    }
    double scale =
        Math.sqrt((u == 0 ? 1.0 : 2.0) / rows) * Math.sqrt((v == 0 ? 1.0 : 2.0) / columns);
    return scale * sum;
  }

  @Test
  void forward_isTheDoubleSumOfTheDefinition() {
    double[][] x = {{1, -2, 5}, {0, 7, 3}, {4, 4, -6}, {2, 0, 1}};
    try (TensorScope scope = TensorScope.open()) {
      Tensor plane =
          AbstractTensor.create(Arrays.stream(x).flatMapToDouble(Arrays::stream).toArray(), 4, 3);

      double[] spectrum = Tensors.toDoubles(Dct.forward(plane));

      for (int u = 0; u < 4; u++) {
        for (int v = 0; v < 3; v++) {
          assertThat(spectrum[3 * u + v]).isEqualTo(coefficient(x, u, v), within(1e-12));
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 8, 28, 32, 224})
  void matrix_isOrthonormal(int points) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor matrix = Dct.matrix(points);

      double[] product = Tensors.toDoubles(matrix.matmul(matrix.transpose(0, 1)));

      for (int i = 0; i < product.length; i++) {
        assertThat(product[i]).isEqualTo(i % (points + 1) == 0 ? 1 : 0, within(1e-12));
      }
    }
  }

  @Test
  void inverse_undoesForward_ofEachPlaneOfABatch() {
    double[] values = new double[2 * 3 * 8 * 12];
    for (int i = 0; i < values.length; i++) {
      values[i] = (i * 37) % 256;
    }
    try (TensorScope scope = TensorScope.open()) {
      Tensor planes = AbstractTensor.create(values, 2, 3, 8, 12);

      double[] back = Tensors.toDoubles(Dct.inverse(Dct.forward(planes)));

      assertThat(back).containsExactly(values, within(1e-10));
    }
  }

  @Test
  void forward_ofAFlatPlane_hasTheSumInItsFirstCoefficientAlone() {
    double[] flat = new double[64];
    Arrays.fill(flat, 5);
    try (TensorScope scope = TensorScope.open()) {
      double[] spectrum = Tensors.toDoubles(Dct.forward(AbstractTensor.create(flat, 8, 8)));

      assertThat(spectrum[0]).isEqualTo(40, within(1e-12)); // 5 · 64 / 8
      for (int i = 1; i < 64; i++) {
        assertThat(spectrum[i]).isEqualTo(0, within(1e-12));
      }
    }
  }
}
