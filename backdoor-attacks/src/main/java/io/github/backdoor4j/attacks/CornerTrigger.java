package io.github.backdoor4j.attacks;

import static io.github.backdoor4j.core.Checks.require;

import io.github.backdoor4j.core.data.Trigger;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Makes 3×3 patterns in the four corners brighter and darker by an amplitude: x' = x + A·m, with m
 * = +1 for 16 pixels, −1 for 20 and 0 elsewhere. At full amplitude this overwrites with white and
 * black.
 *
 * @param amplitude A, in grey levels
 * @param stretched whether the pattern of a 32-pixel image is resized to the image (nearest
 *     neighbour), else every corner has 3×3 pixels at any size
 * @param truncated whether fractions are dropped, else rounded
 */
record CornerTrigger(double amplitude, boolean stretched, boolean truncated) implements Trigger {

  private static final int SIDE = 3;
  private static final int TEMPLATE = 32;
  private static final String[] LEFT = {"+--", "-+-", "+-+"};
  private static final String[] RIGHT = {"--+", "-+-", "+-+"};

  /**
   * The pattern m, rows after each other.
   *
   * @return {@code height}·{@code width} values −1, 0 or 1
   */
  float[] pattern(int height, int width) {
    require(
        height >= 2 * SIDE && width >= 2 * SIDE,
        "patterns of 3x3 pixels in four corners do not fit into images of %dx%d",
        height,
        width);
    float[] pattern = new float[height * width];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        pattern[y * width + x] =
            stretched
                ? sign(nearest(y, height), nearest(x, width), TEMPLATE, TEMPLATE)
                : sign(y, x, height, width);
      }
    }
    return pattern;
  }

  /** Pixel of the template at the centre of a pixel of the image. */
  private static int nearest(int at, int extent) {
    return (2 * at + 1) * TEMPLATE / (2 * extent);
  }

  private static int sign(int y, int x, int height, int width) {
    int row = y < SIDE ? y : y - (height - SIDE);
    if (row < 0 || row >= SIDE) {
      return 0;
    }
    int column = x < SIDE ? x : x - (width - SIDE);
    if (column < 0 || column >= SIDE) {
      return 0;
    }
    String[] corner = x < SIDE ? LEFT : RIGHT;
    return corner[row].charAt(column) == '+' ? 1 : -1;
  }

  @Override
  public Tensor stamp(Tensor images, long[] indices) {
    return TensorScope.scoped(
        () -> {
          int height = Math.toIntExact(images.size(2));
          int width = Math.toIntExact(images.size(3));
          Tensor pattern =
              ComputeDevice.of(images)
                  .place(Tensors.ofFloats(pattern(height, width), 1, 1, height, width));
          Tensor levels = images.to(ScalarType.Float).add(pattern.mul(new Scalar(amplitude)));
          return truncated ? EightBit.truncate(levels) : EightBit.round(levels);
        });
  }
}
