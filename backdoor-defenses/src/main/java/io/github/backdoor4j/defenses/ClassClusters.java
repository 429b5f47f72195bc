package io.github.backdoor4j.defenses;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * The two clusters that the activations of one class fall into.
 *
 * @param label the class, as the training set labels it
 * @param rows its rows of the training set, in an order that depends on their activations only
 * @param assignment cluster 0 or 1 per row; cluster 0 is not the smaller one
 * @param silhouettes how well each row lies in its cluster, in [−1, 1]
 * @param separation how far apart the clusters lie, see {@link Separation}
 */
record ClassClusters(
    int label, long[] rows, int[] assignment, double[] silhouettes, double separation) {

  /** A class that cannot be split: all in cluster 0. */
  static ClassClusters unsplit(int label, long[] rows) {
    return new ClassClusters(label, rows, new int[rows.length], new double[rows.length], 0);
  }

  /** The same with a separation. */
  ClassClusters separatedBy(double distance) {
    return new ClassClusters(label, rows, assignment, silhouettes, distance);
  }

  /** Number of samples in a cluster. */
  int size(int cluster) {
    return (int) Arrays.stream(assignment).filter(c -> c == cluster).count();
  }

  /** Share of the class that a cluster holds; 0 for an empty class. */
  double share(int cluster) {
    return rows.length == 0 ? 0 : (double) size(cluster) / rows.length;
  }

  /** Rows of the training set that belong to a cluster. */
  long[] members(int cluster) {
    return IntStream.range(0, rows.length)
        .filter(i -> assignment[i] == cluster)
        .mapToLong(i -> rows[i])
        .toArray();
  }

  /** Mean silhouette; 0 for an empty class. */
  double silhouette() {
    return Arrays.stream(silhouettes).average().orElse(0);
  }

  /** Whether there are two clusters at all. */
  boolean isSplit() {
    return size(1) > 0;
  }
}
