package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.data.Augmentation;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.core.train.Batch;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;

/**
 * Batches whose images are drawn with replacement, so that they may be larger than the data set.
 *
 * @param data on the device where batches are wanted
 * @param batchSize images per batch
 * @param augmentation before normalisation
 */
record ResampledBatches(ImageDataset data, int batchSize, Augmentation augmentation) {

  /** The next batch that a generator leads to. */
  Batch draw(GeneratorOptional generator) {
    Tensor rows = Tensors.integers(generator, 0, data.size(), batchSize);
    Tensor index = ComputeDevice.of(data.images()).place(rows);
    Tensor raw = augmentation.apply(data.images().index_select(0, index), generator);
    return new Batch(
        data.spec().normalization().normalize(raw),
        data.labels().index_select(0, index),
        Tensors.toLongs(rows));
  }

  /**
   * A data set that paces the trainer: with batches of one image, an epoch over it has the given
   * number of steps, and its images are not looked at.
   */
  ImageDataset pace(int steps) {
    return data.subset(new long[steps]);
  }
}
