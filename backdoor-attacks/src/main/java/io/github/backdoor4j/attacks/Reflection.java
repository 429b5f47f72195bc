package io.github.backdoor4j.attacks;

import io.github.backdoor4j.core.tensor.ComputeDevice;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * How a pane of glass mirrors a picture into an image (ReFool, section 3.2): in light intensities,
 * which are grey levels to the power 2.2. Images are 1×C×H×W doubles in [0, 1].
 */
final class Reflection {

  private static final double GAMMA = 2.2;
  private static final double REACH = 3; // of the mask, in deviations

  private Reflection() {}

  /** From grey levels in [0, 1] to light. */
  static Tensor light(Tensor levels) {
    return levels.pow(new Scalar(GAMMA));
  }

  private static Tensor levels(Tensor light) {
    return light.pow(new Scalar(1 / GAMMA));
  }

  /**
   * The picture seen twice, once shifted.
   *
   * @param image light of the image
   * @param picture light of the picture, of the same size
   * @param bicubic whether what is left after cropping is enlarged bicubically, else bilinearly
   * @return grey levels
   */
  static Tensor ghost(Tensor image, Tensor picture, ReflectionDraw draw, boolean bicubic) {
    long height = image.size(2);
    long width = image.size(3);
    long rows = height - draw.down();
    long columns = width - draw.right();
    Tensor still = picture.narrow(2, draw.down(), rows).narrow(3, draw.right(), columns);
    Tensor shifted = picture.narrow(2, 0, rows).narrow(3, 0, columns);
    Tensor both =
        still.mul(new Scalar(draw.first())).add(shifted.mul(new Scalar(1 - draw.first())));
    long[] size = {height, width};
    Tensor enlarged =
        bicubic
            ? unit(torch.upsample_bicubic2d(both, size, false))
            : torch.upsample_bilinear2d(both, size, false);
    return levels(
        enlarged.mul(new Scalar(1 - draw.alpha())).add(image.mul(new Scalar(draw.alpha()))));
  }

  /**
   * The picture out of focus, strongest in the middle.
   *
   * @param image light of the image
   * @param picture light of the picture, of the same size
   * @return grey levels
   */
  static Tensor focus(Tensor image, Tensor picture, ReflectionDraw draw) {
    Tensor blurred = GaussianSmoothing.blur(draw.sigma()).apply(picture);
    Tensor excess = overexposure(blurred.add(image)).mul(new Scalar(draw.attenuation()));
    Tensor seen = unit(blurred.sub(excess)).mul(ComputeDevice.of(image).place(mask(image)));
    Tensor mixed =
        seen.mul(new Scalar(1 - draw.alpha() / 2)).add(image.mul(new Scalar(draw.alpha())));
    return unit(levels(mixed));
  }

  /** How far the mean of what is brighter than white lies above white, per channel. */
  private static Tensor overexposure(Tensor light) {
    Tensor above = light.gt(new Scalar(1.0)).to(ScalarType.Double);
    long[] plane = {2, 3};
    Tensor count = above.sum(plane, true, new ScalarTypeOptional());
    Tensor sum = light.sub(new Scalar(1.0)).mul(above).sum(plane, true, new ScalarTypeOptional());
    return sum.div(count.clamp_min(new Scalar(1.0)));
  }

  private static Tensor unit(Tensor values) {
    return values.clamp_min(new Scalar(0.0)).clamp_max(new Scalar(1.0));
  }

  /**
   * The square root of a Gaussian window over each direction, 1 in the middle.
   *
   * @return 1×1×H×W doubles on the CPU
   */
  static Tensor mask(Tensor image) {
    Tensor rows = window(image.size(2)).view(1, 1, -1, 1);
    Tensor columns = window(image.size(3)).view(1, 1, 1, -1);
    Tensor product = rows.mul(columns).sqrt();
    return product.div(product.max());
  }

  /** Share of a normal distribution in each of equal intervals, a little beyond ±3 deviations. */
  private static Tensor window(long size) {
    double end = REACH + (2 * REACH + 1) / (2 * size);
    Tensor edges =
        torch.linspace(
            new Scalar(-end), new Scalar(end), size + 1, new TensorOptions(ScalarType.Double));
    Tensor below = edges.div(new Scalar(Math.sqrt(2))).erf();
    return below.narrow(0, 1, size).sub(below.narrow(0, 0, size));
  }
}
