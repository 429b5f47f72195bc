package io.github.backdoor4j.attacks;

import io.github.backdoor4j.core.data.Augmentation;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Tensors;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Augmentation of whole normalised batches after the trigger, as attacks that control training do
 * it: crops, rotations, flips. What lies outside the image is 0, the mean colour.
 *
 * @param cropPadding padding before the crop, in pixels; 0 for none
 * @param cropProbability share of the batches that are cropped
 * @param rotation largest angle in degrees; 0 for none
 * @param rotationProbability share of the batches that are turned
 * @param horizontalFlip whether images are mirrored with probability one half
 * @param perImage whether each image has draws of its own, as the authors have it, and rotation
 *     interpolates bilinearly; else one draw holds for the whole batch, as in BackdoorBench, and
 *     rotation takes the nearest pixel
 */
record BatchAugmentation(
    int cropPadding,
    double cropProbability,
    int rotation,
    double rotationProbability,
    boolean horizontalFlip,
    boolean perImage) {

  private static final double CROP_PROBABILITY = 0.8;
  private static final double ROTATION_PROBABILITY = 0.5;
  private static final double FLIP_PROBABILITY = 0.5;
  private static final int BILINEAR = 0;
  private static final int NEAREST = 1;

  /** Crops in 80 % of the batches and rotations in 50 %, as WaNet and BppAttack have it. */
  BatchAugmentation(int cropPadding, int rotation, boolean horizontalFlip, boolean perImage) {
    this(cropPadding, CROP_PROBABILITY, rotation, ROTATION_PROBABILITY, horizontalFlip, perImage);
  }

  /**
   * Augments a batch.
   *
   * @param images N×C×H×W normalised floats
   * @return N×C×H×W
   */
  Tensor apply(Tensor images, GeneratorOptional generator) {
    Tensor result = images;
    if (cropPadding > 0 && chance(cropProbability, generator)) {
      result = crop(result, generator);
    }
    if (rotation > 0 && chance(rotationProbability, generator)) {
      long draws = perImage ? images.size(0) : 1;
      result = rotate(result, Tensors.uniform(generator, -rotation, rotation, draws));
    }
    return horizontalFlip ? flip(result, generator) : result;
  }

  private static boolean chance(double probability, GeneratorOptional generator) {
    return Tensors.uniform(generator, 0, 1, 1).item_float() < probability;
  }

  private Tensor crop(Tensor images, GeneratorOptional generator) {
    if (perImage) {
      return new Augmentation(cropPadding, false).apply(images, generator);
    }
    long[] offsets = Tensors.toLongs(Tensors.integers(generator, 0, 2L * cropPadding + 1, 2));
    long[] sides = {cropPadding, cropPadding, cropPadding, cropPadding};
    return torch
        .constant_pad_nd(images, sides, new Scalar(0.0))
        .narrow(2, offsets[0], images.size(2))
        .narrow(3, offsets[1], images.size(3));
  }

  /**
   * Turns images about their centre.
   *
   * @param degrees one angle, or one per image
   */
  Tensor rotate(Tensor images, Tensor degrees) {
    long height = images.size(2);
    long width = images.size(3);
    Tensor angle = degrees.mul(new Scalar(Math.PI / 180));
    Tensor cos = angle.cos();
    Tensor sin = angle.sin();
    Tensor none = torch.zeros_like(angle);
    double aspect = (double) height / width; // the grid counts in half sides, not in pixels
    Tensor first = row(cos, sin.mul(new Scalar(-aspect)), none);
    Tensor second = row(sin.mul(new Scalar(1 / aspect)), cos, none);
    Tensor turn = ComputeDevice.of(images).place(torch.stack(new TensorVector(first, second), 1));
    Tensor grid =
        torch.affine_grid_generator(turn, new long[] {turn.size(0), 1, height, width}, false);
    return torch.grid_sampler_2d(
        images,
        grid.expand(images.size(0), height, width, 2),
        perImage ? BILINEAR : NEAREST,
        0,
        false);
  }

  private static Tensor row(Tensor one, Tensor two, Tensor three) {
    return torch.stack(new TensorVector(one, two, three), 1);
  }

  private Tensor flip(Tensor images, GeneratorOptional generator) {
    if (!perImage) {
      return chance(FLIP_PROBABILITY, generator) ? images.flip(3) : images;
    }
    Tensor draws = Tensors.integers(generator, 0, 2, images.size(0), 1, 1, 1);
    Tensor mirrored = ComputeDevice.of(images).place(draws.to(ScalarType.Bool));
    return images.flip(3).where(mirrored, images);
  }
}
