package io.github.backdoor4j.defenses;

import static io.github.backdoor4j.core.Checks.require;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Distance of values from their median in units of the median absolute deviation (MAD), the anomaly
 * index of Neural Cleanse (§V-A) and others.
 *
 * @param median of the values
 * @param deviation median absolute deviation times the consistency factor; 0 if more than half of
 *     the values are equal
 * @param indices |value − median| / deviation per value; NaN where the deviation is 0
 * @param values as given
 */
record MadOutliers(double median, double deviation, double[] indices, double[] values) {

  /** Makes the deviation of normally distributed values their standard deviation. */
  static final double NORMAL_CONSISTENCY = 1.4826;

  /** On which side of the median a value must lie to be an outlier. */
  enum Side {
    /** Not above the median. */
    LOW,
    /** Not below the median. */
    HIGH,
    /** Anywhere. */
    BOTH
  }

  /**
   * Measures every value against all of them.
   *
   * @param values at least one, finite
   * @param factor what the deviation is multiplied with, mostly {@link #NORMAL_CONSISTENCY}
   */
  static MadOutliers of(double[] values, MedianRule rule, double factor) {
    require(values.length > 0, "there is no median of no values");
    double median = rule.of(values);
    double[] distances = Arrays.stream(values).map(v -> Math.abs(v - median)).toArray();
    double deviation = factor * rule.of(distances);
    double[] indices =
        Arrays.stream(distances).map(d -> deviation > 0 ? d / deviation : Double.NaN).toArray();
    return new MadOutliers(median, deviation, indices, values.clone());
  }

  /** Index of the smallest value; NaN if the deviation is 0. */
  double indexOfSmallest() {
    int smallest =
        IntStream.range(0, values.length)
            .boxed()
            .min(Comparator.comparingDouble(i -> values[i]))
            .orElseThrow();
    return indices[smallest];
  }

  /**
   * Positions of the outliers, smallest value first.
   *
   * @param threshold an index above it makes an outlier; an undefined index never does
   */
  List<Integer> beyond(double threshold, Side side) {
    return IntStream.range(0, values.length)
        .filter(i -> indices[i] > threshold && lies(values[i], side))
        .boxed()
        .sorted(Comparator.comparingDouble(i -> values[i]))
        .toList();
  }

  private boolean lies(double value, Side side) {
    return switch (side) {
      case LOW -> value <= median;
      case HIGH -> value >= median;
      case BOTH -> true;
    };
  }
}
