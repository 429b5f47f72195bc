package io.github.backdoor4j.core.train;

import io.github.backdoor4j.core.data.Augmentation;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Shuffled, augmented and normalised batches of a data set, the same for the same seed. A step that
 * needs a second stream beside the trainer's makes one of its own.
 */
public final class BatchStream {

  private final ImageDataset data;
  private final ComputeDevice device;
  private final int batchSize;
  private final Augmentation augmentation;
  private final List<Integer> sizes;
  private final Seed seed;
  private final @Nullable PointerScope scope = PointerScope.getInnerScope();
  private int epoch = -1;
  private long[] order = new long[0];
  private @Nullable GeneratorOptional draws;

  /**
   * @param data on the device where batches are wanted
   * @param batchSize images per batch
   * @param augmentation before normalisation
   * @param dropLast whether a last short batch is left out, unless it is the only one
   * @param seed source of order and augmentation
   */
  public BatchStream(
      ImageDataset data, int batchSize, Augmentation augmentation, boolean dropLast, Seed seed) {
    this.data = data;
    this.device = ComputeDevice.of(data.images());
    this.batchSize = batchSize;
    this.augmentation = augmentation;
    this.seed = seed;
    this.sizes = sizes(data.size(), batchSize, dropLast);
  }

  /**
   * Sizes of the batches of one epoch. A single image left over joins the batch before: batch
   * normalisation of one value divides by zero in its running variance.
   *
   * @param dropLast whether a last short batch is left out, unless it is the only one
   */
  public static List<Integer> sizes(int images, int batchSize, boolean dropLast) {
    int full = images / batchSize;
    int rest = images % batchSize;
    List<Integer> sizes = new ArrayList<>(Collections.nCopies(full, batchSize));
    if (rest > 0 && (full == 0 || (rest > 1 && !dropLast))) {
      sizes.add(rest);
    } else if (rest == 1 && !dropLast) {
      sizes.set(full - 1, batchSize + 1);
    }
    return List.copyOf(sizes);
  }

  /** Batches per epoch. */
  public int steps() {
    return sizes.size();
  }

  /**
   * A batch of an epoch. Take the batches of an epoch in ascending order: their augmentation is
   * drawn one after the other.
   *
   * @param ofEpoch from 0; each epoch is shuffled anew
   * @param step from 0 to {@code steps() - 1}
   */
  public Batch batch(int ofEpoch, int step) {
    if (ofEpoch != epoch) {
      start(ofEpoch);
    }
    int from = step * batchSize;
    long[] rows = Arrays.copyOfRange(order, from, from + sizes.get(step));
    Tensor index = device.place(Tensors.ofLongs(rows));
    Tensor raw = data.images().index_select(0, index);
    Tensor images =
        data.spec()
            .normalization()
            .normalize(augmentation.apply(raw, java.util.Objects.requireNonNull(draws)));
    return new Batch(images, data.labels().index_select(0, index), rows);
  }

  private void start(int next) {
    Seed epochSeed = seed.child("epoch", next);
    epoch = next;
    order = Tensors.permutation(data.size(), epochSeed.child("order"));
    draws = Tensors.generator(epochSeed.child("augmentation"));
    if (scope != null) {
      scope.attach(draws); // the scope of the step that happens to come first must not free it
    }
  }
}
