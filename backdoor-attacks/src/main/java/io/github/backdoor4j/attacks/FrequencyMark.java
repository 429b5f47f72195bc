package io.github.backdoor4j.attacks;

import static io.github.backdoor4j.core.Checks.require;
import static io.github.backdoor4j.core.Checks.requireAtLeast;

import io.github.backdoor4j.core.tensor.TensorScope;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The same amount added to some coefficients of the cosine transform of every window of an image.
 *
 * <p>The transform is linear and orthonormal, so adding to coefficients is adding a fixed pattern
 * to pixels; no image needs to be transformed. Windows that do not fit are cut off: an image is
 * treated as the top left part of one whose sides are multiples of the window. So 224 pixels hold
 * seven windows of 32 in each direction, and 28 pixels a window of which the last four rows and
 * columns are missing.
 *
 * @param positions frequencies k; what is raised is the coefficient (k, k)
 * @param magnitude what is added to a coefficient, in units of the orthonormal transform of grey
 *     levels
 * @param window side of a window in pixels; 0 for one window as large as the image
 */
record FrequencyMark(List<Integer> positions, double magnitude, int window) {

  FrequencyMark {
    positions = List.copyOf(positions);
  }

  /**
   * Checks a list of positions as an option gives it.
   *
   * @param top largest allowed
   * @return a copy
   */
  static List<Integer> requireDistinct(String name, List<Integer> values, int top) {
    require(!values.isEmpty(), "%s must not be empty", name);
    require(
        values.stream().distinct().count() == values.size()
            && values.stream().allMatch(value -> value >= 0 && value <= top),
        "%s must be different numbers from 0 to %d, but were %s",
        name,
        top,
        values);
    return List.copyOf(values);
  }

  /** Checks that all positions exist in the windows of images of a size. */
  void requireFit(int height, int width) {
    requireAtLeast("window", window, 0);
    int side = window == 0 ? Math.min(height, width) : window;
    for (int position : positions) {
      require(
          position < side,
          "positions: there is no frequency %d in a window of %d pixels; allowed are 0 to %d",
          position,
          side,
          side - 1);
    }
  }

  /** What is added to the pixels of an image: 1×1×H×W doubles on the CPU, in grey levels. */
  Tensor pattern(int height, int width) {
    return TensorScope.scoped(
        () -> {
          requireFit(height, width);
          int rows = window == 0 ? height : window;
          int columns = window == 0 ? width : window;
          int down = -Math.floorDiv(-height, rows); // rounded up
          int right = -Math.floorDiv(-width, columns);
          Tensor tiles = Dct.inverse(spectrum(rows, columns)).repeat(1, 1, down, right);
          return tiles.narrow(2, 0, height).narrow(3, 0, width).contiguous();
        });
  }

  private Tensor spectrum(int rows, int columns) {
    Tensor spectrum =
        torch.zeros(new long[] {1, 1, rows, columns}, new TensorOptions(ScalarType.Double));
    for (int k : positions) {
      spectrum.narrow(2, k, 1).narrow(3, k, 1).fill_(new Scalar(magnitude));
    }
    return spectrum;
  }
}
