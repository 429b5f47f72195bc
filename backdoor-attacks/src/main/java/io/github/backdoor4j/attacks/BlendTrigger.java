package io.github.backdoor4j.attacks;

import io.github.backdoor4j.core.data.Trigger;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.TensorScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Mixes a picture k into images x: ⌊(1 − α)·x + α·k⌋.
 *
 * @param picture resized to the images
 * @param alpha α in [0, 1]
 * @param floating whether to compute as the benchmark does, α·k in single and (1 − α)·x in double
 *     precision, which comes out one too low for 2,550 of the 65,536 pairs at α = 0.2
 */
record BlendTrigger(Picture picture, double alpha, boolean floating) implements Trigger {

  /** α is exact to nine decimals, so that 0.2 means one fifth. */
  private static final long UNIT = 1_000_000_000L;

  @Override
  public Tensor stamp(Tensor images, long[] indices) {
    return TensorScope.scoped(
        () -> {
          Picture fitted = picture.resized((int) images.size(2), (int) images.size(3));
          Tensor overlay =
              ComputeDevice.of(images).place(fitted.tensor(Math.toIntExact(images.size(1))));
          Tensor mixed = floating ? inFloatingPoint(images, overlay) : exactly(images, overlay);
          return mixed.to(ScalarType.Byte);
        });
  }

  private Tensor exactly(Tensor images, Tensor overlay) {
    long share = Math.round(alpha * UNIT);
    Tensor ours = overlay.to(ScalarType.Long).mul(new Scalar(share));
    Tensor theirs = images.to(ScalarType.Long).mul(new Scalar(UNIT - share));
    return ours.add(theirs).floor_divide(new Scalar(UNIT));
  }

  private Tensor inFloatingPoint(Tensor images, Tensor overlay) {
    Scalar levels = new Scalar(255.0);
    Tensor ours =
        overlay
            .to(ScalarType.Float)
            .div(levels)
            .mul(levels)
            .mul(new Scalar((double) (float) alpha));
    Tensor theirs = images.to(ScalarType.Double).mul(new Scalar(1 - alpha));
    return theirs.add(ours.to(ScalarType.Double)).trunc();
  }
}
