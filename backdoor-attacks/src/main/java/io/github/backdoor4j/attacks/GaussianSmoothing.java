package io.github.backdoor4j.attacks;

import io.github.backdoor4j.core.tensor.ComputeDevice;
import org.bytedeco.pytorch.AbstractTensor;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * Separable Gaussian filters that keep the size of what they smooth.
 *
 * @param taps weights, summing to 1; the same in both directions
 * @param before how far the filter reaches up and left, in pixels
 * @param after how far it reaches down and right
 * @param mirrored whether the surroundings of an image are its mirror image without the border
 *     pixel; else they are zero
 */
record GaussianSmoothing(double[] taps, int before, int after, boolean mirrored) {

  private static final int UNIVERSAL_TAPS = 30;
  private static final double UNIVERSAL_SIGMA = 6;

  /**
   * The filter of the low-frequency attack: 30 taps with σ = 6 pixels among zeros. An even number
   * of taps has no middle; the filter reaches one pixel further down and right.
   */
  static GaussianSmoothing universal() {
    return new GaussianSmoothing(
        weights(UNIVERSAL_TAPS, UNIVERSAL_SIGMA),
        (UNIVERSAL_TAPS - 1) / 2,
        UNIVERSAL_TAPS / 2,
        false);
  }

  /** Blur with deviation σ in pixels, cut after 2σ, with mirrored surroundings. */
  static GaussianSmoothing blur(double sigma) {
    int reach = (int) Math.ceil(2 * sigma);
    return new GaussianSmoothing(weights(2 * reach + 1, sigma), reach, reach, true);
  }

  private static double[] weights(int count, double sigma) {
    double[] weights = new double[count];
    double sum = 0;
    for (int i = 0; i < count; i++) {
      double distance = (i - (count - 1) / 2.0) / sigma;
      weights[i] = StrictMath.exp(-distance * distance / 2);
      sum += weights[i];
    }
    for (int i = 0; i < count; i++) {
      weights[i] /= sum;
    }
    return weights;
  }

  /**
   * Smooths each plane by itself.
   *
   * @param images N×C×H×W doubles; with mirrored surroundings larger than the filter's reach
   * @return N×C×H×W
   */
  Tensor apply(Tensor images) {
    long height = images.size(2);
    long width = images.size(3);
    Tensor planes = images.reshape(-1, 1, height, width);
    long[] margins = {before, after, before, after};
    Tensor padded =
        mirrored
            ? torch.reflection_pad2d(planes, margins)
            : torch.constant_pad_nd(planes, margins, new Scalar(0.0));
    Tensor kernel =
        ComputeDevice.of(images).place(AbstractTensor.create(taps, 1, 1, 1, taps.length));
    Tensor wide = convolved(padded, kernel);
    return convolved(wide, kernel.transpose(2, 3)).view(images.shape());
  }

  private static Tensor convolved(Tensor planes, Tensor kernel) {
    return torch.conv2d(
        planes,
        kernel,
        new TensorOptional(),
        new long[] {1, 1},
        new long[] {0, 0},
        new long[] {1, 1},
        1);
  }
}
