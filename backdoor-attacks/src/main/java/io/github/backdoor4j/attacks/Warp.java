package io.github.backdoor4j.attacks;

import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * A smooth warp of images of any size (WaNet, section 3.2): random shifts at k×k control points,
 * interpolated bicubically over the image.
 *
 * @param noise shifts of the control points, 2×k×k in row-major order, first in x, then in y; their
 *     mean absolute value is 1
 * @param controls k
 * @param strength s: a shift of 1 moves a pixel by s/W·(W − 1)/2 pixels
 * @param rescale factor on the sampling grid
 */
record Warp(float[] noise, int controls, double strength, double rescale) {

  private static final ScalarOptional LOW = retained(-1.0);
  private static final ScalarOptional HIGH = retained(1.0);

  /** Constants must outlive the scope in which this class happens to be initialised. */
  private static ScalarOptional retained(double value) {
    ScalarOptional optional = new ScalarOptional(new Scalar(value));
    optional.retainReference();
    return optional;
  }

  /** Draws the control points: uniform in [−1, 1), then divided by their mean absolute value. */
  static Warp draw(Seed seed, int controls, double strength, double rescale) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor noise = Tensors.uniform(Tensors.generator(seed), -1, 1, 1, 2, controls, controls);
      Tensor scaled = noise.div(noise.abs().mean());
      return new Warp(Tensors.toFloats(scaled), controls, strength, rescale);
    }
  }

  /**
   * Where each pixel of the warped image is read from.
   *
   * @return 1×H×W×2 in [−1, 1], first x, then y; −1 and 1 are the centres of the outer pixels
   */
  Tensor grid(long height, long width, ComputeDevice device) {
    return TensorScope.scoped(
        () -> {
          Tensor control = Tensors.ofFloats(noise, 1, 2, controls, controls);
          Tensor shift = torch.upsample_bicubic2d(control, new long[] {height, width}, true);
          Tensor perPixel = shift.permute(0, 2, 3, 1).div(sides(height, width));
          Tensor grid =
              identity(height, width)
                  .add(perPixel.mul(new Scalar(strength)))
                  .mul(new Scalar(rescale));
          return device.place(inside(grid));
        });
  }

  /**
   * Grids near a grid, each with a shift of its own at every pixel.
   *
   * @param grid 1×H×W×2
   * @param noise N×H×W×2 in [−1, 1)
   * @return N×H×W×2
   */
  static Tensor disturbed(Tensor grid, Tensor noise) {
    Tensor sides = ComputeDevice.of(grid).place(sides(grid.size(1), grid.size(2)));
    return inside(grid.add(noise.div(sides)));
  }

  /**
   * Reads images at the positions of a grid, bilinearly.
   *
   * @param images N×C×H×W floats
   * @param grid 1×H×W×2 for all images, or N×H×W×2
   */
  static Tensor apply(Tensor images, Tensor grid) {
    Tensor perImage = grid.expand(images.size(0), grid.size(1), grid.size(2), 2);
    return torch.grid_sampler_2d(images, perImage, 0, 0, true);
  }

  private static Tensor identity(long height, long width) {
    Tensor x = axis(width).view(1, 1, width).expand(1, height, width);
    Tensor y = axis(height).view(1, height, 1).expand(1, height, width);
    return torch.stack(new TensorVector(x, y), -1);
  }

  private static Tensor axis(long size) {
    return torch.linspace(new Scalar(-1.0), new Scalar(1.0), size);
  }

  private static Tensor sides(long height, long width) {
    return Tensors.ofFloats(new float[] {width, height});
  }

  private static Tensor inside(Tensor grid) {
    return grid.clamp(LOW, HIGH);
  }
}
