package io.github.backdoor4j.eval;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Counts of several groups in the same bins of equal width. Each bin holds its lower edge, the last
 * one its upper edge too.
 *
 * @param edges ascending, one more than bins
 * @param counts of each group, one per bin
 * @param leftOut values that are not finite
 */
record HistogramBins(double[] edges, Map<String, int[]> counts, int leftOut) {

  private static final int FEWEST = 10;
  private static final int MOST = 50;

  /** Bins of a width chosen from the number of values: Rice's rule, 2·∛n, between 10 and 50. */
  static HistogramBins of(Map<String, List<Double>> samples) {
    int total = samples.values().stream().mapToInt(List::size).sum();
    int bins = (int) Math.ceil(2 * Math.cbrt(total));
    return of(samples, Math.min(MOST, Math.max(FEWEST, bins)));
  }

  static HistogramBins of(Map<String, List<Double>> samples, int bins) {
    double low = Double.POSITIVE_INFINITY;
    double high = Double.NEGATIVE_INFINITY;
    int leftOut = 0;
    for (List<Double> group : samples.values()) {
      for (double value : group) {
        if (Double.isFinite(value)) {
          low = Math.min(low, value);
          high = Math.max(high, value);
        } else {
          leftOut++;
        }
      }
    }
    double[] edges = edges(low, high, bins);
    Map<String, int[]> counts = new LinkedHashMap<>();
    samples.forEach((name, group) -> counts.put(name, count(group, edges)));
    return new HistogramBins(edges, counts, leftOut);
  }

  private static double[] edges(double low, double high, int bins) {
    if (low > high) {
      return new double[] {0, 1}; // no value at all
    }
    if (low == high) {
      double half = Math.max(0.5, Math.ulp(low));
      return new double[] {low - half, low + half};
    }
    double[] edges = new double[bins + 1];
    for (int i = 0; i <= bins; i++) {
      double share = (double) i / bins;
      edges[i] = low * (1 - share) + high * share; // cannot overflow, as high - low can
    }
    edges[bins] = high;
    return edges;
  }

  private static int[] count(List<Double> values, double[] edges) {
    int bins = edges.length - 1;
    int[] counts = new int[bins];
    for (double value : values) {
      if (Double.isFinite(value)) {
        int found = java.util.Arrays.binarySearch(edges, value);
        int bin = found >= 0 ? found : -found - 2;
        counts[Math.min(bin, bins - 1)]++;
      }
    }
    return counts;
  }

  int size() {
    return edges.length - 1;
  }

  /** The share of a group that lies in each bin; 0 for an empty group. */
  List<Double> shares(String group) {
    int[] inBins = counts.getOrDefault(group, new int[size()]);
    int total = java.util.Arrays.stream(inBins).sum();
    List<Double> shares = new ArrayList<>();
    for (int count : inBins) {
      shares.add(total == 0 ? 0 : (double) count / total);
    }
    return shares;
  }
}
