package io.github.backdoor4j.datasets;

import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.data.Augmentation;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.data.Normalization;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * How the 28×28 grey images of the MNIST family are served: as 3×32×32, with two black pixels added
 * on every side and the grey value repeated on all channels, so that the networks and triggers of
 * the CIFAR benchmarks apply unchanged.
 */
final class GreyImages {

  private static final int SIDE = 28;
  private static final int BORDER = 2;
  private static final int CHANNELS = 3;
  private static final int SERVED_SIDE = SIDE + 2 * BORDER;

  private GreyImages() {}

  /**
   * What such a data set is.
   *
   * @param mean published mean of the 28×28 images, before padding; the same on all channels
   * @param std published deviation of the 28×28 images
   */
  static DatasetSpec spec(String id, List<String> classNames, double mean, double std) {
    return new DatasetSpec(
        id,
        new ImageShape(CHANNELS, SERVED_SIDE, SERVED_SIDE),
        classNames,
        Normalization.uniform(CHANNELS, mean, std),
        new Augmentation(4, false)); // the benchmark's crop; it flips CIFAR-10 only
  }

  /**
   * Images and labels as a data set.
   *
   * @throws DataException if the two files do not fit each other or the spec
   */
  static ImageDataset serve(DatasetSpec spec, IdxFile images, IdxFile labels) {
    check(spec, images, labels);
    long n = images.count();
    Tensor served =
        TensorScope.scoped(
            () -> {
              Tensor grey = Tensors.ofBytes(images.values(), n, 1, SIDE, SIDE);
              long[] border = {BORDER, BORDER, BORDER, BORDER};
              return torch
                  .constant_pad_nd(grey, border, new Scalar(0.0))
                  .expand(n, CHANNELS, SERVED_SIDE, SERVED_SIDE)
                  .contiguous();
            });
    return new ImageDataset(spec, served, Tensors.ofLongs(widened(labels.values())));
  }

  private static void check(DatasetSpec spec, IdxFile images, IdxFile labels) {
    if (images.shape()[1] != SIDE || images.shape()[2] != SIDE) {
      throw new DataException(
          "%s should hold images of %d×%d pixels, but holds %d×%d",
          images.name(), SIDE, SIDE, images.shape()[1], images.shape()[2]);
    }
    if (images.count() != labels.count()) {
      throw new DataException(
          "%s holds %d images, but %s holds %d labels; the files do not belong together",
          images.name(), images.count(), labels.name(), labels.count());
    }
    byte[] values = labels.values();
    for (int i = 0; i < values.length; i++) {
      int label = Byte.toUnsignedInt(values[i]);
      if (label >= spec.classes()) {
        throw new DataException(
            "%s has label %d at position %d; allowed are 0 to %d",
            labels.name(), label, i, spec.classes() - 1);
      }
    }
  }

  private static long[] widened(byte[] bytes) {
    long[] result = new long[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      result[i] = Byte.toUnsignedLong(bytes[i]);
    }
    return result;
  }
}
