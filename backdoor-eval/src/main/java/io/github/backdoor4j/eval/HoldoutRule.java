package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.data.PythonSample;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.Arrays;

/** How the clean images that a defender has are drawn from the clean training set. */
public enum HoldoutRule {

  /** By the run's seed, apart from all else that is drawn by it. */
  SEEDED {
    @Override
    long[] rows(int images, int count, Seed run) {
      return Arrays.copyOf(Tensors.permutation(images, run.child("clean-holdout")), count);
    }
  },

  /**
   * As BackdoorBench does, with the run's seed as that of Python's {@code random}: with seed 0 and
   * a share of 5 % these are the rows that its index files name. Its defenses that draw a second
   * time (Fine-Pruning, MCR) or evenly from the classes (FT-SAM, NPD) then use other rows.
   */
  BENCHMARK {
    @Override
    long[] rows(int images, int count, Seed run) {
      return Arrays.stream(new PythonSample(run.value()).next(images, count))
          .asLongStream()
          .toArray();
    }
  };

  /**
   * Rows of the training set, without repetition.
   *
   * @param images size of the training set
   * @param count how many of them
   * @param run seed of the run
   */
  abstract long[] rows(int images, int count, Seed run);
}
