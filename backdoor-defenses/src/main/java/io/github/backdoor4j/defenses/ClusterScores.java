package io.github.backdoor4j.defenses;

import java.util.List;

/**
 * Suspicion per sample: the separation of its class's clusters, times 1 + μ/4, where μ in [0, 1] is
 * how clearly the sample lies on the side of the smaller cluster.
 *
 * <p>The paper labels whole clusters and ranks nothing. This score is ours. Classes weigh first, as
 * which class was attacked shows more clearly than which of its clusters is poisoned; it does not
 * depend on the decision rule.
 */
final class ClusterScores {

  private static final double WITHIN_CLASS = 0.25;

  private ClusterScores() {}

  /**
   * Scores of a whole training set.
   *
   * @param samples size of the training set
   */
  static double[] of(List<ClassClusters> classes, int samples) {
    double[] scores = new double[samples];
    for (ClassClusters clusters : classes) {
      for (int i = 0; i < clusters.rows().length; i++) {
        double silhouette = clusters.silhouettes()[i];
        double membership = (1 + (clusters.assignment()[i] == 1 ? silhouette : -silhouette)) / 2;
        scores[(int) clusters.rows()[i]] = clusters.separation() * (1 + WITHIN_CLASS * membership);
      }
    }
    return scores;
  }
}
