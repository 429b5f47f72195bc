package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.spi.DefenseContext;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;

/** The one batch of the training set that the benchmark's statistics come from. */
final class RandomBatch {

  /** Images in it, if the training set has as many. */
  static final int SIZE = 256;

  private RandomBatch() {}

  /** Images drawn at random and augmented as for training, 8-bit. */
  static Tensor of(DefenseContext context) {
    ImageDataset training = context.trainingSet();
    Seed seed = context.seed().child("training-batch");
    long[] order = Tensors.permutation(training.size(), seed.child("rows"));
    Tensor images =
        Tensors.rows(training.images(), Arrays.copyOf(order, Math.min(SIZE, order.length)));
    return training
        .spec()
        .augmentation()
        .apply(images, Tensors.generator(seed.child("augmentation")));
  }
}
