package io.github.backdoor4j.attacks;

import static io.github.backdoor4j.core.Checks.require;

import io.github.backdoor4j.core.data.Trigger;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.TensorScope;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Adds a frequency mark to some planes of images in a colour space. Grey images have no colour to
 * hide it in: there the mark is added to the one plane they have.
 *
 * @param mark what is added
 * @param channels planes of the colour space that get it, 0 to 2; not looked at for grey images
 * @param space the colour space
 * @param wrap whether levels outside [0, 255] wrap around, as in the benchmark; else they take the
 *     nearer end
 */
record ChromaTrigger(FrequencyMark mark, List<Integer> channels, Space space, boolean wrap)
    implements Trigger {

  private static final int COLOURS = 3;

  /** Sums that should be whole numbers may come out a hair lower; the fraction is dropped later. */
  private static final double HAIR = 1e-9;

  /** Colour spaces, and where in them the fraction is dropped. */
  enum Space {
    /** Real-valued Y, U, V; only red, green and blue are made whole. */
    YUV,
    /** 8-bit Y, Cr, Cb, whose marked planes are made whole before the way back. */
    YCRCB
  }

  @Override
  public Tensor stamp(Tensor images, long[] indices) {
    return TensorScope.scoped(
        () -> {
          Tensor pattern =
              ComputeDevice.of(images)
                  .place(mark.pattern((int) images.size(2), (int) images.size(3)));
          int planes = (int) images.size(1);
          require(
              planes == 1 || planes == COLOURS,
              "the trigger fits images with 1 or 3 channels, not with %d",
              planes);
          return planes == 1
              ? whole(images.to(ScalarType.Double).add(pattern))
              : space == Space.YUV ? inYuv(images, pattern) : inYCrCb(images, pattern);
        });
  }

  private Tensor inYuv(Tensor images, Tensor pattern) {
    Tensor yuv = YuvColour.toYuv(images.to(ScalarType.Double));
    return whole(YuvColour.toRgb(marked(yuv, pattern)));
  }

  private Tensor inYCrCb(Tensor images, Tensor pattern) {
    Tensor ycrcb = YCrCbColour.toYCrCb(images).to(ScalarType.Double);
    return YCrCbColour.toRgb(whole(marked(ycrcb, pattern)));
  }

  private Tensor marked(Tensor planes, Tensor pattern) {
    for (int channel : channels) {
      planes.narrow(1, channel, 1).add_(pattern);
    }
    return planes;
  }

  private Tensor whole(Tensor levels) {
    Tensor lifted = levels.add(new Scalar(HAIR));
    return wrap ? EightBit.wrap(lifted) : EightBit.truncate(lifted);
  }
}
