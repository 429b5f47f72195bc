package io.github.backdoor4j.defenses;

import java.util.Arrays;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Exclusionary reclassification: how a model that never saw a cluster labels it. Legitimate samples
 * mostly get their label, poisoned ones that of their source class.
 */
final class Reclassification {

  private Reclassification() {}

  /**
   * Ratio l/p of samples given their label to samples given the most frequent other label.
   *
   * @return +∞ if all samples are given their label
   */
  static double ratio(long[] predictions, long label) {
    Map<Long, Long> others =
        Arrays.stream(predictions)
            .filter(prediction -> prediction != label)
            .boxed()
            .collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));
    double own = Arrays.stream(predictions).filter(prediction -> prediction == label).count();
    return others.values().stream()
        .max(Long::compare)
        .map(most -> own / most)
        .orElse(Double.POSITIVE_INFINITY);
  }
}
