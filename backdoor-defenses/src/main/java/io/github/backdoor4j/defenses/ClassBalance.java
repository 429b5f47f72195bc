package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.stream.LongStream;

/** Takes about as many images of each class. */
final class ClassBalance {

  private ClassBalance() {}

  /**
   * Of each class as many images as all classes would have if they were equally frequent, rounded
   * down but one at least, drawn without replacement, class by class. A class that has fewer gives
   * what it has.
   */
  static ImageDataset subset(ImageDataset images, Seed seed) {
    long[] labels = images.labelValues();
    long[] order = Tensors.permutation(labels.length, seed);
    int quota = quota(labels.length, images.spec().classes());
    return images.subset(
        LongStream.range(0, images.spec().classes())
            .flatMap(
                label ->
                    LongStream.of(order).filter(row -> labels[(int) row] == label).limit(quota))
            .toArray());
  }

  /** Most images that a subset of so many can have. */
  static int most(int images, int classes) {
    return Math.min(images, classes * quota(images, classes));
  }

  /** Most images of one class. */
  static int quota(int images, int classes) {
    return Math.max(1, images / classes);
  }
}
