package io.github.backdoor4j.defenses;

import static io.github.backdoor4j.defenses.ReferencePoints.tensor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.Arrays;
import org.apache.commons.math3.stat.correlation.PearsonsCorrelation;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

/** Numbers from scikit-learn: see clustering-references.py. */
final class ReductionTest {

  private static final Seed SEED = new Seed(3);

  @Test
  void pca_ofTallPoints_agreesWithScikitLearn() {
    assertPca(
        40,
        6,
        new double[] {2.02106448, 2.39705186, 0.07498578},
        new double[] {2.28820824, 1.51536423, 0.52352530});
  }

  @Test
  void pca_ofWidePoints_agreesWithScikitLearn() {
    assertPca(
        5,
        30,
        new double[] {5.79193312, 1.74029043, 1.60295257},
        new double[] {15.68958548, 7.06067169, 3.10050478});
  }

  private static void assertPca(int rows, int columns, double[] first, double[] variances) {
    try (TensorScope scope = TensorScope.open()) {
      double[][] scores =
          columns(PrincipalComponents.scores(tensor(ReferencePoints.waves(rows, columns)), 3));
      for (int component = 0; component < 3; component++) {
        assertThat(Math.abs(scores[component][0])).isEqualTo(first[component], within(1e-7));
        assertThat(variance(scores[component])).isEqualTo(variances[component], within(1e-7));
      }
    }
  }

  @Test
  void pca_ofPointsOnALine_keepsOneComponent() {
    try (TensorScope scope = TensorScope.open()) {
      double[][] line = {{0, 0, 5}, {1, 2, 5}, {2, 4, 5}, {-1, -2, 5}};

      assertThat(PrincipalComponents.scores(tensor(line), 10).shape()).containsExactly(4, 1);
    }
  }

  @Test
  void reductions_ofEqualPoints_keepNoComponent() {
    try (TensorScope scope = TensorScope.open()) {
      double[][] equal = {{0.1, 3}, {0.1, 3}, {0.1, 3}};

      assertThat(PrincipalComponents.scores(tensor(equal), 10).shape()).containsExactly(3, 0);
      assertThat(FastIca.components(tensor(equal), 10, SEED).shape()).containsExactly(3, 0);
    }
  }

  @Test
  void ica_ofTwoPoints_isOneComponentOfVarianceOne() {
    try (TensorScope scope = TensorScope.open()) {
      double[][] pair = {{0, 1, 2}, {3, 5, 4}};

      double[] component = Tensors.toDoubles(FastIca.components(tensor(pair), 10, SEED));

      assertThat(component).hasSize(2);
      assertThat(Math.abs(component[0])).isEqualTo(1, within(1e-12));
      assertThat(component[1]).isEqualTo(-component[0], within(1e-12));
    }
  }

  @Test
  void ica_findsTheMixedSources() {
    try (TensorScope scope = TensorScope.open()) {
      double[][] sources = ReferencePoints.sources(400);
      double[][] found =
          columns(FastIca.components(tensor(ReferencePoints.mixed(sources)), 3, SEED));
      for (double[] source : columns(tensor(sources))) {
        double best =
            Arrays.stream(found)
                .mapToDouble(c -> Math.abs(new PearsonsCorrelation().correlation(source, c)))
                .max()
                .orElseThrow();

        assertThat(best).isGreaterThan(0.98);
      }
    }
  }

  @Test
  void ica_reachesTheContrastOfScikitLearn() {
    try (TensorScope scope = TensorScope.open()) {
      double[][] mixed = ReferencePoints.mixed(ReferencePoints.sources(400));

      double[] contrast =
          Arrays.stream(columns(FastIca.components(tensor(mixed), 3, SEED)))
              .mapToDouble(
                  c -> Arrays.stream(c).map(v -> Math.log(Math.cosh(v))).average().orElse(0))
              .sorted()
              .toArray();

      assertThat(contrast)
          .containsExactly(new double[] {0.40098497, 0.40760028, 0.43307623}, within(1e-4));
    }
  }

  @Test
  void ica_withTheSameSeed_isTheSame() {
    try (TensorScope scope = TensorScope.open()) {
      Tensor points = tensor(ReferencePoints.waves(50, 8));

      assertThat(Tensors.toDoubles(FastIca.components(points, 4, SEED)))
          .containsExactly(Tensors.toDoubles(FastIca.components(points, 4, SEED)));
    }
  }

  private static double[][] columns(Tensor points) {
    int count = (int) points.size(1);
    double[][] columns = new double[count][];
    for (int c = 0; c < count; c++) {
      columns[c] = Tensors.toDoubles(points.select(1, c));
    }
    return columns;
  }

  private static double variance(double[] values) {
    return Arrays.stream(values).map(v -> v * v).average().orElseThrow();
  }
}
