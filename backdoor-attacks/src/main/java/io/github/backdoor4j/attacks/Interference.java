package io.github.backdoor4j.attacks;

import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Tensors;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * What may happen to an image with ink before it is looked for, so that ink survives a victim's
 * augmentation: each image by draws of its own.
 *
 * @param rotation largest angle in degrees, either way
 * @param crop whether one image in two is cut to 7/8 of its sides at a random place and enlarged
 *     again (28 of 32 pixels)
 * @param flip whether one image in two is mirrored
 */
record Interference(double rotation, boolean crop, boolean flip) {

  private static final double CROPPED = 7.0 / 8;
  private static final double HALF = 0.5;

  /**
   * Draws affine maps.
   *
   * @return N×2×3, from coordinates of the result to those of the source, in [−1, 1]
   */
  Tensor draw(long images, ComputeDevice device, GeneratorOptional draws) {
    Tensor angle = uniform(draws, -rotation, rotation, images).mul(new Scalar(Math.PI / 180));
    Tensor mirrored = chosen(draws, images, flip);
    Tensor cut = chosen(draws, images, crop);
    Tensor scale = cut.mul(new Scalar(CROPPED - 1)).add(new Scalar(1.0));
    Tensor free = cut.mul(new Scalar(1 - CROPPED)); // how far the middle of the cut may move
    Tensor right = uniform(draws, -1, 1, images).mul(free);
    Tensor down = uniform(draws, -1, 1, images).mul(free);
    Tensor sign = mirrored.mul(new Scalar(-2.0)).add(new Scalar(1.0));
    Tensor cosine = angle.cos().mul(scale);
    Tensor sine = angle.sin().mul(scale);
    Tensor first = torch.stack(new TensorVector(cosine.mul(sign), sine.neg(), right), 1);
    Tensor second = torch.stack(new TensorVector(sine.mul(sign), cosine, down), 1);
    return device.place(torch.stack(new TensorVector(first, second), 1));
  }

  private static Tensor chosen(GeneratorOptional draws, long images, boolean possible) {
    Tensor chosen = uniform(draws, 0, 1, images).lt(new Scalar(possible ? HALF : 0.0));
    return chosen.to(torch.ScalarType.Float);
  }

  private static Tensor uniform(GeneratorOptional draws, double low, double high, long images) {
    return low == high ? torch.zeros(images) : Tensors.uniform(draws, low, high, images);
  }

  /** Applies maps to images, bilinearly; what lies outside is black. */
  static Tensor apply(Tensor images, Tensor maps) {
    Tensor grid = torch.affine_grid_generator(maps, images.shape(), false);
    return torch.grid_sampler_2d(images, grid, 0, 0, false);
  }
}
