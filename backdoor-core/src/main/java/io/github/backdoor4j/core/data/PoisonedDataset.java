package io.github.backdoor4j.core.data;

import static io.github.backdoor4j.core.Checks.require;

import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.HasTensors;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * A training set of which some images were changed. Stored as the change over the clean set: rows,
 * new pixels and new labels, so it is small and describes itself.
 */
public final class PoisonedDataset implements HasTensors {

  private final ImageDataset clean;
  private final long[] rows;
  private final Tensor images;
  private final long[] labels;
  private final @Nullable PoisonedDataset cover;

  /**
   * @param clean the set before the attack
   * @param rows the poisoned rows, ascending, without repetition
   * @param images their new pixels, unsigned 8-bit, P×C×H×W
   * @param labels their new labels, P
   * @throws io.github.backdoor4j.core.UsageException if these do not fit each other or the set
   */
  public PoisonedDataset(ImageDataset clean, long[] rows, Tensor images, long[] labels) {
    require(
        rows.length == labels.length && images.dim() == 4 && images.size(0) == rows.length,
        "%d poisoned rows, but %d labels and images of shape %s",
        rows.length,
        labels.length,
        Arrays.toString(images.shape()));
    long[] expected = clean.images().shape();
    expected[0] = rows.length;
    require(
        images.scalar_type().intern() == ScalarType.Byte && Arrays.equals(images.shape(), expected),
        "poisoned images must be 8-bit of shape %s, but are %s of shape %s",
        Arrays.toString(expected),
        images.scalar_type().intern(),
        Arrays.toString(images.shape()));
    for (int i = 0; i < rows.length; i++) {
      require(
          rows[i] < clean.size() && rows[i] > (i == 0 ? -1 : rows[i - 1]),
          "poisoned rows must ascend within [0, %d), but row %d is %d",
          clean.size(),
          i,
          rows[i]);
    }
    this.clean = clean;
    this.rows = rows.clone();
    this.images = images;
    this.labels = labels.clone();
    this.cover = null;
  }

  /**
   * The same set in which further images got a trigger and kept their label.
   *
   * @param covered rows that are not poisoned, ascending
   * @param triggered their new pixels, unsigned 8-bit
   * @throws io.github.backdoor4j.core.UsageException if these do not fit each other or the set
   */
  public PoisonedDataset withCover(long[] covered, Tensor triggered) {
    for (long row : covered) {
      require(
          Arrays.binarySearch(rows, row) < 0, "row %d cannot be poisoned and cover at once", row);
    }
    long[] kept = clean.labelValues();
    long[] own = Arrays.stream(covered).map(row -> kept[(int) row]).toArray();
    return new PoisonedDataset(
        clean, rows, images, labels, new PoisonedDataset(clean, covered, triggered, own));
  }

  private PoisonedDataset(
      ImageDataset clean, long[] rows, Tensor images, long[] labels, PoisonedDataset cover) {
    this.clean = clean;
    this.rows = rows;
    this.images = images;
    this.labels = labels;
    this.cover = cover;
  }

  /** The cover samples, as the change over the clean set that they are; empty if there are none. */
  public Optional<PoisonedDataset> cover() {
    return Optional.ofNullable(cover);
  }

  /** The set before the attack. */
  public ImageDataset clean() {
    return clean;
  }

  /** The poisoned rows, ascending. */
  public long[] poisonedRows() {
    return rows.clone();
  }

  /** New pixels of the poisoned rows, unsigned 8-bit, P×C×H×W. */
  public Tensor poisonedImages() {
    return images;
  }

  /** New labels of the poisoned rows. */
  public long[] poisonedLabels() {
    return labels.clone();
  }

  /** Number of images, clean and poisoned. */
  public int size() {
    return clean.size();
  }

  /** Per row whether it is poisoned; cover samples are not. A defender never sees this. */
  public boolean[] flags() {
    boolean[] flags = new boolean[clean.size()];
    Arrays.stream(rows).forEach(row -> flags[(int) row] = true);
    return flags;
  }

  /** The set as a victim gets it: all images with their given labels, nothing else. */
  public ImageDataset asDataset() {
    ImageDataset base = cover == null ? clean : cover.asDataset();
    ComputeDevice device = ComputeDevice.of(base.images());
    Tensor index = device.place(Tensors.ofLongs(rows));
    Tensor allImages = base.images().clone().index_copy_(0, index, device.place(images));
    Tensor allLabels =
        base.labels().clone().index_copy_(0, index, device.place(Tensors.ofLongs(labels)));
    return new ImageDataset(clean.spec(), allImages, allLabels);
  }

  @Override
  public void forEachTensor(Consumer<Tensor> visitor) {
    visitor.accept(images);
    cover().ifPresent(set -> set.forEachTensor(visitor));
  }
}
