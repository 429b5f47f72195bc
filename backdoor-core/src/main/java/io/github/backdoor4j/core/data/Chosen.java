package io.github.backdoor4j.core.data;

import io.github.backdoor4j.core.tensor.Tensors;
import java.util.Arrays;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;

/** Changes some images of a batch and leaves the others. */
final class Chosen {

  private Chosen() {}

  /** One toss per image. */
  static boolean[] draw(double probability, int count, GeneratorOptional generator) {
    double[] tosses = Tensors.toDoubles(Tensors.uniform(generator, 0, 1, count));
    boolean[] chosen = new boolean[count];
    for (int i = 0; i < count; i++) {
      chosen[i] = tosses[i] < probability;
    }
    return chosen;
  }

  /**
   * The batch with the chosen images changed.
   *
   * @param change gets those images and their places in the batch
   */
  static Tensor change(Tensor images, boolean[] chosen, BiFunction<Tensor, int[], Tensor> change) {
    int[] rows = IntStream.range(0, chosen.length).filter(i -> chosen[i]).toArray();
    if (rows.length == 0) {
      return images;
    }
    long[] places = Arrays.stream(rows).asLongStream().toArray();
    Tensor changed = change.apply(Tensors.rows(images, places), rows);
    return images.index_copy(0, Parameters.longs(places, images, rows.length), changed);
  }
}
