package io.github.backdoor4j.core.data;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Blends of images with simpler versions of themselves, in Pillow's arithmetic. */
final class ColourBlend {

  private static final long RED = 19595; // 0.299, 0.587 and 0.114 in 2⁻¹⁶
  private static final long GREEN = 38470;
  private static final long BLUE = 7471;
  private static final int BITS = 16;
  private static final int COLOURS = 3;

  private ColourBlend() {}

  static Tensor brightness(Tensor images, double[] factors) {
    Tensor scaled = images.to(ScalarType.Float).mul(Parameters.floats(factors, images));
    return Parameters.truncated(scaled);
  }

  static Tensor contrast(Tensor images, double[] factors) {
    Tensor mean = level(images).to(ScalarType.Double).mean(1, 2, 3).view(images.size(0), 1, 1, 1);
    return blend(Parameters.rounded(mean).to(ScalarType.Float), images, factors);
  }

  static Tensor saturation(Tensor images, double[] factors) {
    return blend(level(images).to(ScalarType.Float), images, factors);
  }

  static Tensor grey(Tensor images) {
    return level(images).to(ScalarType.Byte).expand(images.shape()).contiguous();
  }

  /** From the simple version (factor 0) over the image (1) and beyond, cut off as Pillow does. */
  private static Tensor blend(Tensor simple, Tensor images, double[] factors) {
    Tensor way = images.to(ScalarType.Float).sub(simple);
    return Parameters.truncated(simple.add(way.mul(Parameters.floats(factors, images))));
  }

  /** Grey levels N×1×H×W as integers; other images than those in colour are their own level. */
  private static Tensor level(Tensor images) {
    Tensor wide = images.to(ScalarType.Long);
    if (images.size(1) != COLOURS) {
      return wide;
    }
    return wide.narrow(1, 0, 1)
        .mul(new Scalar(RED))
        .add_(wide.narrow(1, 1, 1).mul(new Scalar(GREEN)))
        .add_(wide.narrow(1, 2, 1).mul(new Scalar(BLUE)))
        .add_(new Scalar(1L << (BITS - 1)))
        .bitwise_right_shift(new Scalar((long) BITS));
  }
}
