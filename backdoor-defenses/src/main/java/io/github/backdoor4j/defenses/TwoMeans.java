package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.tensor.Seed;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.commons.math3.ml.clustering.CentroidCluster;
import org.apache.commons.math3.ml.clustering.Clusterable;
import org.apache.commons.math3.ml.clustering.KMeansPlusPlusClusterer;
import org.apache.commons.math3.ml.distance.EuclideanDistance;
import org.apache.commons.math3.random.Well19937c;
import org.apache.commons.math3.util.MathArrays;

/**
 * Two clusters by k-means, started by k-means++, the best of ten runs.
 *
 * @param assignment 0 or 1 per point; cluster 0 is the larger one, or that of the first point if
 *     both have one size
 * @param inertia sum of squared distances to the own centre
 */
record TwoMeans(int[] assignment, double inertia) {

  private static final int RESTARTS = 10;
  private static final int MAX_ITERATIONS = 300;

  /** A point that remembers where it stands. */
  private record Point(int position, double[] coordinates) implements Clusterable {
    @Override
    public double[] getPoint() {
      return coordinates;
    }
  }

  /**
   * Clusters points. Equal points, and fewer than two, form one cluster.
   *
   * @param points one array of equal length per point
   */
  static TwoMeans of(double[][] points, Seed seed) {
    if (Arrays.stream(points).allMatch(point -> Arrays.equals(point, points[0]))) {
      return new TwoMeans(new int[points.length], 0);
    }
    List<Point> wrapped = new ArrayList<>();
    for (int i = 0; i < points.length; i++) {
      wrapped.add(new Point(i, points[i]));
    }
    TwoMeans best = run(wrapped, seed.child("restart", 0));
    for (int restart = 1; restart < RESTARTS; restart++) {
      TwoMeans next = run(wrapped, seed.child("restart", restart));
      best = next.inertia < best.inertia ? next : best;
    }
    return best;
  }

  private static TwoMeans run(List<Point> points, Seed seed) {
    List<CentroidCluster<Point>> clusters =
        new KMeansPlusPlusClusterer<Point>(
                2, MAX_ITERATIONS, new EuclideanDistance(), new Well19937c(seed.value()))
            .cluster(points);
    int[] assignment = new int[points.size()];
    double inertia = 0;
    for (int c = 0; c < 2; c++) {
      double[] centre = clusters.get(c).getCenter().getPoint();
      for (Point point : clusters.get(c).getPoints()) {
        assignment[point.position()] = c;
        double distance = MathArrays.distance(centre, point.coordinates());
        inertia += distance * distance;
      }
    }
    return new TwoMeans(largerFirst(assignment), inertia);
  }

  private static int[] largerFirst(int[] assignment) {
    int ones = Arrays.stream(assignment).sum();
    int zeros = assignment.length - ones;
    boolean swap = zeros < ones || (zeros == ones && assignment[0] == 1);
    return swap ? Arrays.stream(assignment).map(c -> 1 - c).toArray() : assignment;
  }
}
