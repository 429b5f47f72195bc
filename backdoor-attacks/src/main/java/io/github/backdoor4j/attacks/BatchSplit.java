package io.github.backdoor4j.attacks;

import io.github.backdoor4j.core.tensor.Tensors;
import org.bytedeco.pytorch.GeneratorOptional;

/**
 * How many rows of a shuffled batch an attack that controls training takes.
 *
 * @param backdoored the first rows: triggered and relabelled
 * @param cross the rows after them: disturbed, with their own labels
 */
record BatchSplit(int backdoored, int cross) {

  /**
   * The split of one batch: ⌊ratio·size⌋ backdoored rows; where ratio·size is below 1, one row with
   * that probability, so that small ratios are met on average. Last batches count by their own
   * size.
   *
   * @param crossRatio cross rows per backdoored row, as far as the batch has rows
   */
  static BatchSplit draw(double ratio, double crossRatio, int size, GeneratorOptional generator) {
    int backdoored = backdoored(ratio, size, generator);
    return new BatchSplit(
        backdoored, (int) Math.min((double) size - backdoored, backdoored * crossRatio));
  }

  /**
   * The same with ⌊crossShare·size⌋ cross rows, however many rows are backdoored; a batch without
   * backdoored rows stays clean.
   *
   * @param crossShare cross rows as a share of the batch
   */
  static BatchSplit drawApart(
      double ratio, double crossShare, int size, GeneratorOptional generator) {
    int backdoored = backdoored(ratio, size, generator);
    int cross = backdoored == 0 ? 0 : (int) (crossShare * size);
    return new BatchSplit(backdoored, Math.min(size - backdoored, cross));
  }

  private static int backdoored(double ratio, int size, GeneratorOptional generator) {
    double expected = ratio * size;
    return expected >= 1 ? (int) expected : draws(expected, generator) ? 1 : 0;
  }

  private static boolean draws(double probability, GeneratorOptional generator) {
    return Tensors.uniform(generator, 0, 1, 1).item_float() < probability;
  }
}
