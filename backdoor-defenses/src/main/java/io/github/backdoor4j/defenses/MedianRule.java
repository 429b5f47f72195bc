package io.github.backdoor4j.defenses;

import java.util.Arrays;

/** What the median of an even number of values is; code bases differ, and so do their verdicts. */
public enum MedianRule {
  /** The lower of the two middle values, as PyTorch has it. */
  LOWER,
  /** The mean of the two middle values, as NumPy has it. */
  AVERAGE;

  /** The median of at least one value; the array stays as it is. */
  double of(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int lower = (sorted.length - 1) / 2;
    return this == LOWER ? sorted[lower] : (sorted[lower] + sorted[sorted.length / 2]) / 2;
  }
}
