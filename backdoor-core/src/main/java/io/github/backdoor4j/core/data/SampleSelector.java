package io.github.backdoor4j.core.data;

import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.Arrays;

/** Chooses which eligible training images are poisoned. */
@FunctionalInterface
public interface SampleSelector {

  /**
   * Chooses rows.
   *
   * @param eligible rows of the training set that the label rule allows, ascending
   * @param count how many to choose, at most {@code eligible.length}
   * @param seed source of the draw
   * @return {@code count} different members of {@code eligible}, ascending
   */
  long[] select(long[] eligible, int count, Seed seed);

  /** Uniform choice without replacement. */
  static SampleSelector uniform() {
    return (eligible, count, seed) ->
        Arrays.stream(Tensors.permutation(eligible.length, seed))
            .limit(count)
            .map(position -> eligible[(int) position])
            .sorted()
            .toArray();
  }
}
