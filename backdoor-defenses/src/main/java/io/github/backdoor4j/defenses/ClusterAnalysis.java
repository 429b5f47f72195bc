package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.spi.Fidelity;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Reduces the activations of each class and splits them in two.
 *
 * @param options how
 * @param seed of rotations and initial centres; split by class, so one class never affects another
 */
record ClusterAnalysis(ActivationClustering.Options options, Seed seed) {

  /**
   * Splits every class. The result does not depend on the order of the rows.
   *
   * @param features N×D activations
   * @param labels N given labels
   * @return one entry per class, in label order, classes without samples included
   */
  List<ClassClusters> split(Tensor features, long[] labels, int classes) {
    List<ClassClusters> result = new ArrayList<>();
    for (int label = 0; label < classes; label++) {
      int wanted = label;
      long[] rows =
          IntStream.range(0, labels.length)
              .filter(row -> labels[row] == wanted)
              .asLongStream()
              .toArray();
      result.add(TensorScope.compute(() -> splitClass(features, rows, wanted)));
    }
    return Separation.measured(result, features);
  }

  private ClassClusters splitClass(Tensor features, long[] unordered, int label) {
    if (unordered.length < 2) {
      return ClassClusters.unsplit(label, unordered);
    }
    long[] rows = byContent(features, unordered);
    Tensor points = reduce(Tensors.rows(features, rows), seed.child("reduction", label));
    double[][] coordinates = unpack(points, rows.length);
    int[] assignment = TwoMeans.of(coordinates, seed.child("k-means", label)).assignment();
    return new ClassClusters(label, rows, assignment, Silhouettes.of(points, assignment), 0);
  }

  private Tensor reduce(Tensor activations, Seed reductionSeed) {
    long features = activations.size(1);
    if (options.fidelity() == Fidelity.BACKDOORBENCH
        && !benchmarkReduces(features, activations.size(0))) {
      return activations
          .narrow(1, 0, Math.min(options.dimensions(), features))
          .to(ScalarType.Double);
    }
    return switch (options.reduction()) {
      case ICA -> FastIca.components(activations, options.dimensions(), reductionSeed);
      case PCA -> PrincipalComponents.scores(activations, options.dimensions());
    };
  }

  /**
   * The benchmark's guard, which means "more than 10 features and more than 10 samples" but has a
   * bitwise AND inside a chained comparison: D &gt; (10 &amp; N) &gt; 10. The middle never exceeds
   * 10, so it never reduces and the first raw coordinates stay.
   */
  static boolean benchmarkReduces(long features, long samples) {
    long middle = 10 & samples;
    return features > middle && middle > 10;
  }

  /** Rows in lexicographic order of their activations. */
  private static long[] byContent(Tensor features, long[] rows) {
    float[][] values = new float[rows.length][];
    float[] flat = Tensors.toFloats(Tensors.rows(features, rows));
    int width = flat.length / rows.length;
    for (int i = 0; i < rows.length; i++) {
      values[i] = Arrays.copyOfRange(flat, i * width, (i + 1) * width);
    }
    return IntStream.range(0, rows.length)
        .boxed()
        .sorted(Comparator.comparing(i -> values[i], Arrays::compare))
        .mapToLong(i -> rows[i])
        .toArray();
  }

  private static double[][] unpack(Tensor points, int rows) {
    double[] flat = Tensors.toDoubles(points);
    int width = flat.length / rows;
    return IntStream.range(0, rows)
        .mapToObj(i -> Arrays.copyOfRange(flat, i * width, (i + 1) * width))
        .toArray(double[][]::new);
  }
}
