package io.github.backdoor4j.attacks;

import static io.github.backdoor4j.core.Checks.require;

import io.github.backdoor4j.core.data.Trigger;
import io.github.backdoor4j.core.spi.Fidelity;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.TensorScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * Overwrites pixels with those of a picture, except where it is black: x' = T where T &gt; 0, else
 * x, each channel by itself.
 *
 * @param picture the patch alone, or a picture of a whole trigger
 * @param stretched whether the picture is resized to the image, else it lies flush with the bottom
 *     right corner at its own size
 */
record PatchTrigger(Picture picture, boolean stretched) implements Trigger {

  /** The benchmark draws its trigger for CIFAR images and resizes it for all others. */
  private static final int BENCHMARK_SIDE = 32;

  private static final int WHITE = 255;
  private static final int ALMOST_BLACK = 1; // 0 would be transparent

  static PatchTrigger of(BadNets.Options options) {
    boolean stretched = options.fidelity() == Fidelity.BACKDOORBENCH;
    if (!options.image().isEmpty()) {
      return new PatchTrigger(PictureFile.read(options.image()), stretched);
    }
    if (!stretched) {
      return new PatchTrigger(patch(options.patchSize(), options), false);
    }
    require(
        options.patchSize() <= BENCHMARK_SIDE,
        "patch_size %d does not fit into the %d pixels in which backdoorbench draws its trigger",
        options.patchSize(),
        BENCHMARK_SIDE);
    return new PatchTrigger(patch(BENCHMARK_SIDE, options), true);
  }

  private static Picture patch(int side, BadNets.Options options) {
    Picture picture = Picture.black(side, side);
    int size = options.patchSize();
    for (int a = 0; a < size; a++) {
      for (int b = 0; b < size; b++) {
        boolean white = options.pattern() == BadNets.Pattern.WHITE || (a + b) % 2 == 0;
        int value = white ? WHITE : ALMOST_BLACK;
        picture.paint(side - size + a, side - size + b, value, value, value);
      }
    }
    return picture;
  }

  /**
   * Checks that the trigger can be stamped into images of a size.
   *
   * @throws io.github.backdoor4j.core.UsageException if the picture is larger
   */
  void requireFit(long height, long width) {
    require(
        stretched || (picture.height() <= height && picture.width() <= width),
        "a patch of %dx%d pixels does not fit into images of %dx%d; allowed is a patch_size or"
            + " picture of at most %d pixels",
        picture.height(),
        picture.width(),
        height,
        width,
        Math.min(height, width));
  }

  @Override
  public Tensor stamp(Tensor images, long[] indices) {
    return TensorScope.scoped(() -> overlay(images));
  }

  private Tensor overlay(Tensor images) {
    int height = (int) images.size(2);
    int width = (int) images.size(3);
    requireFit(height, width);
    Picture fitted = stretched ? picture.resized(height, width) : picture;
    Tensor trigger = ComputeDevice.of(images).place(fitted.tensor(Math.toIntExact(images.size(1))));
    Tensor stamped = images.clone();
    Tensor corner =
        stamped
            .narrow(2, (long) height - fitted.height(), fitted.height())
            .narrow(3, (long) width - fitted.width(), fitted.width());
    corner.copy_(trigger.where(trigger.gt(new Scalar(0)), corner));
    return stamped;
  }
}
