package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.math3.util.MathArrays;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * How far apart the two clusters of a class lie, in a unit that all classes share: √(p·(1 − p))
 * times the distance of the clusters' means, with the share p of the smaller one, relative to the
 * mean distance between classes. That is the root of the variance between the clusters; it is large
 * where many samples lie far from the rest of their class.
 *
 * <p>Measured on unreduced activations: silhouettes after whitening are those of each class's own
 * unit, and cannot be compared between classes.
 */
final class Separation {

  private Separation() {}

  /**
   * Measures all classes.
   *
   * @param features N×D activations of the whole training set
   */
  static List<ClassClusters> measured(List<ClassClusters> classes, Tensor features) {
    double unit = distanceBetweenClasses(classes, features);
    return classes.stream()
        .map(clusters -> clusters.separatedBy(of(clusters, features) / unit))
        .toList();
  }

  private static double of(ClassClusters clusters, Tensor features) {
    if (!clusters.isSplit()) {
      return 0;
    }
    double share = clusters.share(1);
    double distance =
        MathArrays.distance(
            mean(features, clusters.members(0)), mean(features, clusters.members(1)));
    return Math.sqrt(share * (1 - share)) * distance;
  }

  /** Mean over all pairs; 1 where there is no pair, or all classes are in one place. */
  private static double distanceBetweenClasses(List<ClassClusters> classes, Tensor features) {
    List<double[]> means = new ArrayList<>();
    for (ClassClusters clusters : classes) {
      if (clusters.rows().length > 0) {
        means.add(mean(features, clusters.rows()));
      }
    }
    double sum = 0;
    for (int i = 0; i < means.size(); i++) {
      for (int j = 0; j < i; j++) {
        sum += MathArrays.distance(means.get(i), means.get(j));
      }
    }
    double pairs = means.size() * (means.size() - 1) / 2.0;
    return sum > 0 ? sum / pairs : 1;
  }

  private static double[] mean(Tensor features, long[] rows) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor members = Tensors.rows(features, rows).to(ScalarType.Double);
      return Tensors.toDoubles(members.mean(new long[] {0}, false, new ScalarTypeOptional()));
    }
  }
}
