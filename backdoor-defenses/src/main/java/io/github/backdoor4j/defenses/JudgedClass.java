package io.github.backdoor4j.defenses;

import java.util.function.Function;
import java.util.stream.LongStream;

/**
 * The clusters of a class and the judgement on them.
 *
 * @param clusters the two clusters
 * @param suspected whether cluster 0 and cluster 1 are called poisoned
 * @param ratios of exclusionary reclassification per cluster; NaN where it was not done
 */
record JudgedClass(ClassClusters clusters, boolean[] suspected, double[] ratios) {

  JudgedClass(ClassClusters clusters, boolean[] suspected) {
    this(clusters, suspected, new double[] {Double.NaN, Double.NaN});
  }

  /** Rows of the training set in suspected clusters. */
  long[] suspectedRows() {
    return LongStream.concat(members(0), members(1)).toArray();
  }

  private LongStream members(int cluster) {
    return suspected[cluster] ? LongStream.of(clusters.members(cluster)) : LongStream.empty();
  }

  /**
   * The same without the suspicions that exclusionary reclassification clears: a cluster is
   * legitimate if the ratio of samples given their label to samples given the most frequent other
   * label is above a threshold.
   *
   * @param predictor labels rows of the training set with a model that never saw them
   */
  JudgedClass cleared(double threshold, Function<long[], long[]> predictor) {
    boolean[] remaining = suspected.clone();
    double[] measured = ratios.clone();
    for (int cluster = 0; cluster < 2; cluster++) {
      if (suspected[cluster]) {
        long[] predictions = predictor.apply(clusters.members(cluster));
        measured[cluster] = Reclassification.ratio(predictions, clusters.label());
        remaining[cluster] = measured[cluster] <= threshold;
      }
    }
    return new JudgedClass(clusters, remaining, measured);
  }
}
