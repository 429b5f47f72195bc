package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.math3.util.MathArrays;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Decides which clusters are poisoned. A class that does not fall into two clusters is never
 * suspected.
 *
 * @param options rule and thresholds
 */
record ClusterVerdicts(ActivationClustering.Options options) {

  /**
   * Applies the rule of the options to every class.
   *
   * @param features N×D activations of the whole training set, unreduced
   */
  List<JudgedClass> of(List<ClassClusters> classes, Tensor features) {
    return switch (options.rule()) {
      case DISTANCE -> byDistance(classes, features);
      case SEPARATION -> bySeparation(classes, options.separationThreshold());
      default ->
          classes.stream().map(clusters -> new JudgedClass(clusters, bySize(clusters))).toList();
    };
  }

  private boolean[] bySize(ClassClusters clusters) {
    if (!clusters.isSplit()) {
      return new boolean[2];
    }
    int[] sizes = {clusters.size(0), clusters.size(1)};
    return switch (options.rule()) {
      case RELATIVE_SIZE -> relativeSize(sizes, options.sizeThreshold());
      case SMALLER -> smaller(sizes);
      case SILHOUETTE_SCORES ->
          silhouette(
              sizes, clusters.silhouette(), options.sizeThreshold(), options.silhouetteThreshold());
      case DISTANCE, SEPARATION -> throw new IllegalArgumentException("no rule about one class");
    };
  }

  /** The smaller cluster of every class; the first one if both have one size. */
  static boolean[] smaller(int[] sizes) {
    return new boolean[] {sizes[0] <= sizes[1], sizes[1] < sizes[0]};
  }

  /** Clusters whose share, rounded to two decimals, is below the threshold. */
  static boolean[] relativeSize(int[] sizes, double threshold) {
    double total = sizes[0] + sizes[1];
    return new boolean[] {
      rounded(sizes[0] / total, 2) < threshold, rounded(sizes[1] / total, 2) < threshold
    };
  }

  /** The same, if the mean silhouette, rounded to four decimals, is above its threshold. */
  static boolean[] silhouette(
      int[] sizes, double silhouette, double sizeThreshold, double silhouetteThreshold) {
    return rounded(silhouette, 4) > silhouetteThreshold
        ? relativeSize(sizes, sizeThreshold)
        : new boolean[2];
  }

  /**
   * A cluster is suspected if some other class is nearer to it than its own, while that class is
   * farther from the sister cluster than its own.
   *
   * @param own centre of the whole class
   * @param clusters centres of its two clusters
   * @param others centres of the other classes
   */
  static boolean[] distance(double[] own, double[][] clusters, List<double[]> others) {
    boolean[] suspected = new boolean[2];
    for (double[] other : others) {
      boolean first =
          MathArrays.distance(clusters[0], other) < MathArrays.distance(clusters[0], own);
      boolean second =
          MathArrays.distance(clusters[1], other) < MathArrays.distance(clusters[1], own);
      boolean firstAway =
          MathArrays.distance(clusters[0], other) > MathArrays.distance(clusters[0], own);
      boolean secondAway =
          MathArrays.distance(clusters[1], other) > MathArrays.distance(clusters[1], own);
      suspected[0] |= first && secondAway;
      suspected[1] |= second && firstAway;
    }
    return suspected;
  }

  /** The smaller cluster of every class whose separation is an outlier among all classes. */
  static List<JudgedClass> bySeparation(List<ClassClusters> classes, double threshold) {
    double limit = separationLimit(classes, threshold);
    return classes.stream()
        .map(
            clusters ->
                new JudgedClass(
                    clusters,
                    new boolean[] {false, clusters.isSplit() && clusters.separation() > limit}))
        .toList();
  }

  /**
   * Separation above which a class is an outlier.
   *
   * @param threshold deviations above the median, see {@link MadOutliers}
   * @return +∞ where more than half of the classes are equally separated
   */
  static double separationLimit(List<ClassClusters> classes, double threshold) {
    double[] separations =
        classes.stream()
            .filter(clusters -> clusters.rows().length > 0)
            .mapToDouble(ClassClusters::separation)
            .toArray();
    MadOutliers outliers =
        MadOutliers.of(separations, MedianRule.AVERAGE, MadOutliers.NORMAL_CONSISTENCY);
    return outliers.deviation() > 0
        ? outliers.median() + threshold * outliers.deviation()
        : Double.POSITIVE_INFINITY;
  }

  private static List<JudgedClass> byDistance(List<ClassClusters> classes, Tensor features) {
    Map<Integer, double[]> centres = new LinkedHashMap<>();
    for (ClassClusters clusters : classes) {
      if (clusters.rows().length > 0) {
        centres.put(clusters.label(), median(features, clusters.rows()));
      }
    }
    return classes.stream()
        .map(clusters -> new JudgedClass(clusters, byDistance(clusters, centres, features)))
        .toList();
  }

  private static boolean[] byDistance(
      ClassClusters clusters, Map<Integer, double[]> centres, Tensor features) {
    double[] own = centres.get(clusters.label());
    if (own == null || !clusters.isSplit()) {
      return new boolean[2];
    }
    double[][] parts = {
      median(features, clusters.members(0)), median(features, clusters.members(1))
    };
    List<double[]> others = new ArrayList<>(centres.values());
    others.remove(own); // by identity: arrays know no other equality
    return distance(own, parts, others);
  }

  /** Median per coordinate; the mean of the middle two for an even number of rows. */
  static double[] median(Tensor features, long[] rows) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor sorted = Tensors.rows(features, rows).to(ScalarType.Double).sort(0, false).get0();
      Tensor middle =
          sorted.select(0, (rows.length - 1) / 2).add(sorted.select(0, rows.length / 2));
      return Tensors.toDoubles(middle.mul_(Tensors.scalar(0.5)));
    }
  }

  /** As NumPy rounds: scaled, to the nearest even. */
  static double rounded(double value, int decimals) {
    double scale = Math.pow(10, decimals);
    return Math.rint(value * scale) / scale;
  }
}
