package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.Arrays;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * How well each point lies in its cluster rather than in the other: (b − a)/max(a, b) with the mean
 * distances a to the own cluster's other points and b to the other cluster (Rousseeuw, 1987).
 */
final class Silhouettes {

  /** Distances held at a time: 64 MiB. */
  private static final long CHUNK_ELEMENTS = 1L << 23;

  /** Distances from differences; through dot products close points would lose digits. */
  private static final long DIRECT = 2;

  private Silhouettes() {}

  /**
   * Silhouettes with Euclidean distances.
   *
   * @param points N×k
   * @param assignment cluster 0 or 1 per point
   * @return values in [−1, 1]; 0 for a point that is alone, or if there is one cluster only
   */
  static double[] of(Tensor points, int[] assignment) {
    int n = assignment.length;
    int[] sizes = {0, 0};
    Arrays.stream(assignment).forEach(cluster -> sizes[cluster]++);
    double[] silhouettes = new double[n];
    if (sizes[0] == 0 || sizes[1] == 0) {
      return silhouettes;
    }
    try (TensorScope scope = TensorScope.open()) {
      Tensor x = points.to(ScalarType.Double).contiguous();
      Tensor members = ComputeDevice.of(x).place(membership(assignment));
      long rows = Math.max(1, CHUNK_ELEMENTS / n);
      for (long from = 0; from < n; from += rows) {
        int start = (int) from;
        long count = Math.min(rows, n - from);
        double[] sums = distanceSums(x, start, count, members);
        for (int i = 0; i < count; i++) {
          silhouettes[start + i] =
              silhouette(sums[2 * i], sums[2 * i + 1], assignment[start + i], sizes);
        }
      }
    }
    return silhouettes;
  }

  /** Ones where a point belongs to a cluster, N×2 doubles on the CPU. */
  private static Tensor membership(int[] assignment) {
    float[] flags = new float[2 * assignment.length];
    for (int i = 0; i < assignment.length; i++) {
      flags[2 * i + assignment[i]] = 1;
    }
    return Tensors.ofFloats(flags, assignment.length, 2).to(ScalarType.Double);
  }

  private static double[] distanceSums(Tensor x, long from, long count, Tensor members) {
    return TensorScope.compute(
        () ->
            Tensors.toDoubles(
                torch
                    .cdist(x.narrow(0, from, count), x, 2, new LongOptional(DIRECT))
                    .matmul(members)));
  }

  private static double silhouette(double toFirst, double toSecond, int own, int[] sizes) {
    if (sizes[own] == 1) {
      return 0;
    }
    double a = (own == 0 ? toFirst : toSecond) / (sizes[own] - 1);
    double b = (own == 0 ? toSecond : toFirst) / sizes[1 - own];
    double larger = Math.max(a, b);
    return larger == 0 ? 0 : (b - a) / larger;
  }
}
