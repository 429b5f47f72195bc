package io.github.backdoor4j.core.data;

import static io.github.backdoor4j.core.Checks.require;

import com.google.common.hash.Hashing;
import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.HasTensors;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.Tensors;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Labelled images in memory: one unsigned 8-bit tensor N×C×H×W and 64-bit labels N. Immutable by
 * convention: nobody writes into the tensors.
 */
public final class ImageDataset implements HasTensors {

  private final DatasetSpec spec;
  private final Tensor images;
  private final Tensor labels;
  private final long[] labelValues;
  private @Nullable String hash;

  /**
   * @param images unsigned 8-bit N×C×H×W
   * @param labels 64-bit integers N, each in [0, classes)
   * @throws DataException if type, shape or a label does not fit the spec
   */
  public ImageDataset(DatasetSpec spec, Tensor images, Tensor labels) {
    this(spec, images, labels, null);
  }

  /**
   * @param hash the content hash where it is known already
   */
  ImageDataset(DatasetSpec spec, Tensor images, Tensor labels, @Nullable String hash) {
    this.spec = spec;
    this.hash = hash;
    this.images = images;
    this.labels = labels;
    ImageShape shape = spec.shape();
    long[] expected = {labels.numel(), shape.channels(), shape.height(), shape.width()};
    if (images.scalar_type().intern() != ScalarType.Byte
        || !Arrays.equals(images.shape(), expected)) {
      throw new DataException(
          "data set '%s' must hold 8-bit images of shape %s, but got %s of shape %s",
          spec.id(),
          Arrays.toString(expected),
          images.scalar_type().intern(),
          Arrays.toString(images.shape()));
    }
    if (labels.scalar_type().intern() != ScalarType.Long || labels.dim() != 1) {
      throw new DataException(
          "data set '%s' must have one 64-bit label per image, but got %s of shape %s",
          spec.id(), labels.scalar_type().intern(), Arrays.toString(labels.shape()));
    }
    this.labelValues = Tensors.toLongs(labels);
    for (long label : labelValues) {
      if (label < 0 || label >= spec.classes()) {
        throw new DataException(
            "data set '%s' has label %d, but only classes 0 to %d",
            spec.id(), label, spec.classes() - 1);
      }
    }
  }

  public DatasetSpec spec() {
    return spec;
  }

  /** Unsigned 8-bit N×C×H×W. */
  public Tensor images() {
    return images;
  }

  /** 64-bit integers N. */
  public Tensor labels() {
    return labels;
  }

  /** A copy of the labels. */
  public long[] labelValues() {
    return labelValues.clone();
  }

  /** Number of images N. */
  public int size() {
    return labelValues.length;
  }

  /** Number of images with a label. */
  public int count(long label) {
    return (int) Arrays.stream(labelValues).filter(l -> l == label).count();
  }

  /** The images at the given rows, in that order. */
  public ImageDataset subset(long[] rows) {
    for (long row : rows) {
      require(row >= 0 && row < size(), "row %d is outside the %d images", row, size());
    }
    return new ImageDataset(spec, Tensors.rows(images, rows), Tensors.rows(labels, rows));
  }

  /**
   * A number of images drawn at random without replacement, in the order in which they were drawn.
   * With as many as there are, all are there, as they were.
   *
   * @throws UsageException if there are not so many
   */
  public ImageDataset sample(int count, Seed seed) {
    require(count >= 0 && count <= size(), "%d images asked for of %d", count, size());
    return count == size() ? this : subset(Arrays.copyOf(Tensors.permutation(size(), seed), count));
  }

  /** This data set with its tensors on a device. */
  public ImageDataset on(ComputeDevice device) {
    return ComputeDevice.of(images).equals(device) && ComputeDevice.of(labels).equals(device)
        ? this
        : new ImageDataset(spec, device.place(images), device.place(labels));
  }

  /** SHA-256 over id, images and labels, as lower-case hexadecimal text. */
  public synchronized String contentHash() {
    if (hash == null) {
      String parts = spec.id() + '\n' + Tensors.sha256(images) + '\n' + Tensors.sha256(labels);
      hash = Hashing.sha256().hashString(parts, StandardCharsets.UTF_8).toString();
    }
    return hash;
  }

  @Override
  public void forEachTensor(Consumer<Tensor> visitor) {
    visitor.accept(images);
    visitor.accept(labels);
  }
}
