package io.github.backdoor4j.core.data;

import static io.github.backdoor4j.core.Checks.requireAtLeast;

import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Tensors;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Random crop and flip of training images, drawn per sample, applied to whole batches of 8-bit
 * images after poisoning and before normalisation.
 *
 * @param cropPadding black pixels added on every side before a crop of the original size; 0 for
 *     none
 * @param horizontalFlip whether each image is mirrored with probability one half
 */
public record Augmentation(int cropPadding, boolean horizontalFlip) {

  /** Images as they are. */
  public static final Augmentation NONE = new Augmentation(0, false);

  public Augmentation {
    requireAtLeast("crop_padding", cropPadding, 0);
  }

  /**
   * Augments a batch in one gather.
   *
   * @param images N×C×H×W, any type
   * @param generator source of the draws
   * @return N×C×H×W of the same type
   */
  public Tensor apply(Tensor images, GeneratorOptional generator) {
    if (cropPadding == 0 && !horizontalFlip) {
      return images;
    }
    ComputeDevice device = ComputeDevice.of(images);
    long n = images.size(0);
    long height = images.size(2);
    long width = images.size(3);
    long paddedWidth = width + 2L * cropPadding;
    Tensor padded = images;
    if (cropPadding > 0) {
      long[] sides = {cropPadding, cropPadding, cropPadding, cropPadding};
      padded = torch.constant_pad_nd(images, sides, new Scalar(0.0));
    }
    Tensor top = device.place(Tensors.integers(generator, 0, 2L * cropPadding + 1, n, 1, 1));
    Tensor left = device.place(Tensors.integers(generator, 0, 2L * cropPadding + 1, n, 1, 1));
    Tensor rows = indices(device, height).view(1, height, 1).add(top);
    Tensor columns = mirrored(device, n, width, generator).add(left);
    Tensor flat = rows.mul(new Scalar(paddedWidth)).add(columns).view(n, 1, height * width);
    long channels = images.size(1);
    return padded
        .flatten(2, 3)
        .gather(2, flat.expand(n, channels, height * width))
        .view(n, channels, height, width);
  }

  private Tensor mirrored(ComputeDevice device, long n, long width, GeneratorOptional generator) {
    Tensor columns = indices(device, width).view(1, 1, width);
    if (!horizontalFlip) {
      return columns;
    }
    Tensor flip = device.place(Tensors.integers(generator, 0, 2, n, 1, 1));
    Tensor change = columns.mul(new Scalar(-2L)).add(new Scalar(width - 1)); // c -> width-1-c
    return columns.add(flip.mul(change));
  }

  private static Tensor indices(ComputeDevice device, long n) {
    return device.place(torch.arange(new Scalar(n), new TensorOptions(ScalarType.Long)));
  }
}
