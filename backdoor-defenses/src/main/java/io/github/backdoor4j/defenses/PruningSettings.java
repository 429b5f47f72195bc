package io.github.backdoor4j.defenses;

import static io.github.backdoor4j.core.Checks.require;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.DoubleFunction;

/**
 * What a pruning defense can come to, from mild to harsh: each setting prunes all channels that the
 * one before prunes, and at least one more. Setting 0 prunes none.
 *
 * @param thresholds that lead to each setting; NaN for setting 0 if none does
 * @param pruned channels per setting
 * @param fixed the setting that the threshold given beforehand leads to
 * @param tried number of pruned channels by threshold, from mild to harsh
 */
record PruningSettings(
    List<Double> thresholds, List<List<Channel>> pruned, int fixed, Map<Double, Integer> tried) {

  PruningSettings {
    thresholds = List.copyOf(thresholds);
    tried = new LinkedHashMap<>(tried);
    pruned = pruned.stream().map(List::copyOf).toList();
  }

  /**
   * Thresholds that prune the same channels make one setting.
   *
   * @param thresholds to try, from mild to harsh
   * @param fixed the threshold given beforehand, whether among them or not
   * @param prunedAt channels by threshold; harsher ones contain those of milder ones
   */
  static PruningSettings of(
      double[] thresholds, double fixed, DoubleFunction<List<Channel>> prunedAt) {
    TreeMap<Integer, Double> byCount = new TreeMap<>(); // nested sets of one size are equal
    int fixedCount = prunedAt.apply(fixed).size();
    byCount.put(fixedCount, fixed);
    Map<Double, Integer> tried = new LinkedHashMap<>();
    for (double threshold : thresholds) {
      int count = prunedAt.apply(threshold).size();
      tried.put(threshold, count);
      byCount.putIfAbsent(count, threshold);
    }
    byCount.putIfAbsent(0, Double.NaN);
    List<List<Channel>> pruned = new ArrayList<>();
    for (Map.Entry<Integer, Double> entry : byCount.entrySet()) {
      List<Channel> channels = entry.getKey() == 0 ? List.of() : prunedAt.apply(entry.getValue());
      require(
          pruned.isEmpty() || new HashSet<>(channels).containsAll(pruned.get(pruned.size() - 1)),
          "threshold %s spares a channel that a milder one prunes",
          entry.getValue());
      pruned.add(channels);
    }
    return new PruningSettings(
        List.copyOf(byCount.values()), pruned, byCount.headMap(fixedCount).size(), tried);
  }

  /** Number of settings. */
  int size() {
    return pruned.size();
  }

  /** Number of pruned channels per setting. */
  List<Double> counts() {
    return pruned.stream().map(channels -> (double) channels.size()).toList();
  }
}
