package io.github.backdoor4j.defenses;

import static io.github.backdoor4j.defenses.ReferencePoints.tensor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Numbers of specification vectors, and from scikit-learn: see clustering-references.py. */
final class TwoMeansTest {

  private static final Seed SEED = new Seed(4);
  private static final double[][] SQUARE_AND_PAIR = {
    {0, 0}, {0, 1}, {1, 0}, {1, 1}, {0.5, 0.5}, {0, 0.5}, {0.5, 0}, {10, 10}, {10, 11}
  };

  @Test
  void clusters_agreeWithScikitLearn() {
    try (TensorScope scope = TensorScope.open()) {
      double[][] points = ReferencePoints.twoGroups(90);

      TwoMeans found = TwoMeans.of(points, SEED);

      assertThat(found.inertia()).isEqualTo(224.58534529, within(1e-7));
      assertThat(Arrays.stream(found.assignment()).sum()).isEqualTo(30);
      assertThat(mean(Silhouettes.of(tensor(points), found.assignment())))
          .isEqualTo(0.47431707, within(1e-8));
    }
  }

  @Test
  void clusters_ofAnyStart_putTheLargerFirst() {
    for (int seed = 0; seed < 5; seed++) {
      assertThat(TwoMeans.of(SQUARE_AND_PAIR, new Seed(seed)).assignment())
          .containsExactly(0, 0, 0, 0, 0, 0, 0, 1, 1);
    }
  }

  @Test
  void clusters_ofOneSize_putThatOfTheFirstPointFirst() {
    double[][] points = {{9}, {0}, {10}, {1}};

    assertThat(TwoMeans.of(points, SEED).assignment()).containsExactly(0, 1, 0, 1);
  }

  @Test
  void clusters_ofEqualPoints_areOne() {
    assertThat(TwoMeans.of(new double[][] {{1, 2}, {1, 2}, {1, 2}}, SEED).assignment())
        .containsOnly(0);
    assertThat(TwoMeans.of(new double[3][0], SEED).assignment()).containsOnly(0);
    assertThat(TwoMeans.of(new double[1][2], SEED).assignment()).containsExactly(0);
    assertThat(TwoMeans.of(new double[0][], SEED).assignment()).isEmpty();
  }

  @Test
  void clusters_ofMostlyEqualPoints_keepTheOddOneApart() {
    double[][] points = new double[20][1];
    points[7][0] = 1;

    assertThat(TwoMeans.of(points, SEED).assignment()[7]).isEqualTo(1);
    assertThat(Arrays.stream(TwoMeans.of(points, SEED).assignment()).sum()).isEqualTo(1);
  }

  @Test
  void silhouettes_ofTheSpecification_areThose() {
    try (TensorScope scope = TensorScope.open()) {
      assertThat(Silhouettes.of(tensor(SQUARE_AND_PAIR), new int[] {0, 0, 0, 0, 0, 0, 0, 1, 1}))
          .containsExactly(
              new double[] {
                .94115090, .93067348, .93085022, .91906019, .95375430, .94765305, .94771670,
                .92615922, .92990800
              },
              within(1e-8));
      int[] others = {0, 0, 0, 0, 1, 1, 0, 1, 1};
      assertThat(mean(Silhouettes.of(tensor(SQUARE_AND_PAIR), others)))
          .isEqualTo(.34130807, within(5e-8));
      double[][] line = {{0}, {.1}, {.2}, {5}, {5.1}};
      assertThat(mean(Silhouettes.of(tensor(line), new int[] {0, 0, 0, 1, 1})))
          .isEqualTo(.97575180, within(1e-8));
    }
  }

  @Test
  void silhouettes_ofManyPoints_agreeWithScikitLearn() {
    try (TensorScope scope = TensorScope.open()) {
      int[] alternating = IntStream.range(0, 4000).map(i -> i % 2).toArray(); // two chunks

      assertThat(mean(Silhouettes.of(tensor(ReferencePoints.waves(4000, 4)), alternating)))
          .isEqualTo(-0.00049374, within(1e-8));
    }
  }

  @Test
  void silhouettes_withoutAComparison_areZero() {
    try (TensorScope scope = TensorScope.open()) {
      double[][] points = {{0}, {1}, {7}};

      assertThat(Silhouettes.of(tensor(points), new int[3])).containsOnly(0);
      assertThat(Silhouettes.of(tensor(points), new int[] {0, 0, 1})[2]).isZero();
      assertThat(Silhouettes.of(tensor(new double[4][2]), new int[] {0, 0, 1, 1})).containsOnly(0);
    }
  }

  private static double mean(double[] values) {
    return Arrays.stream(values).average().orElseThrow();
  }
}
