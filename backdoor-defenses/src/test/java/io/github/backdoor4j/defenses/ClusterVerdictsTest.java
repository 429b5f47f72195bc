package io.github.backdoor4j.defenses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.tensor.TensorScope;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ClusterVerdictsTest {

  @ParameterizedTest
  @CsvSource({
    "7, 2, false, true", // .78 and .22
    "5, 4, false, false", // .56 and .44
    "3, 2, false, false", // .6 and .4
    "131, 69, false, true", // .345 rounds to the even .34
    "130, 70, false, false", // .35 is not below .35
    "129, 71, false, false",
    "2, 7, true, false"
  })
  void relativeSize_comparesRoundedShares(int first, int second, boolean one, boolean two) {
    assertThat(ClusterVerdicts.relativeSize(new int[] {first, second}, 0.35))
        .containsExactly(one, two);
  }

  @Test
  void silhouette_needsSmallnessAndSeparation() {
    assertThat(ClusterVerdicts.silhouette(new int[] {7, 2}, .93632512, .35, .1))
        .containsExactly(false, true);
    assertThat(ClusterVerdicts.silhouette(new int[] {5, 4}, .34130807, .35, .1))
        .containsExactly(false, false);
    assertThat(ClusterVerdicts.silhouette(new int[] {7, 2}, .10004, .35, .1))
        .containsExactly(false, false); // rounds to .1000, which is not above .1
    assertThat(ClusterVerdicts.silhouette(new int[] {7, 2}, .10006, .35, .1))
        .containsExactly(false, true);
  }

  @Test
  void smaller_suspectsOneClusterAlways_theFirstOnATie() {
    assertThat(ClusterVerdicts.smaller(new int[] {5, 4})).containsExactly(false, true);
    assertThat(ClusterVerdicts.smaller(new int[] {4, 5})).containsExactly(true, false);
    assertThat(ClusterVerdicts.smaller(new int[] {4, 4})).containsExactly(true, false);
  }

  @Test
  void distance_suspectsTheClusterNearAnotherClass() {
    double[] own = {0, 0};
    double[][] clusters = {{0, 0}, {9, 0}};

    assertThat(ClusterVerdicts.distance(own, clusters, List.of(new double[] {10, 0})))
        .containsExactly(false, true);
    assertThat(ClusterVerdicts.distance(own, clusters, List.of(new double[] {0, 30})))
        .containsExactly(false, false);
    assertThat(
            ClusterVerdicts.distance(
                own, new double[][] {{9, 1}, {0, 1}}, List.of(new double[] {10, 0})))
        .containsExactly(true, false);
  }

  @Test
  void distance_needsTheSisterClusterToStay() {
    double[][] bothMoved = {{9, 0}, {9, 1}};

    assertThat(
            ClusterVerdicts.distance(new double[] {0, 0}, bothMoved, List.of(new double[] {10, 0})))
        .containsExactly(false, false);
  }

  @Test
  void separation_suspectsTheSmallerClusterOfTheOddClass() {
    // median .2, deviations .1 .01 0 .01 .3: their median .01 · 1.4826, times 2.5 makes .2371
    double[] separations = {.1, .19, .2, .21, .5};
    List<ClassClusters> classes = new ArrayList<>();
    for (int label = 0; label < separations.length; label++) {
      classes.add(
          new ClassClusters(
              label,
              new long[] {3L * label, 3L * label + 1, 3L * label + 2},
              new int[] {0, 1, 0},
              new double[3],
              separations[label]));
    }
    classes.add(ClassClusters.unsplit(5, new long[0]));

    List<JudgedClass> judged = ClusterVerdicts.bySeparation(classes, 2.5);

    assertThat(judged).hasSize(6);
    assertThat(judged.get(4).suspectedRows()).containsExactly(13);
    assertThat(judged.subList(0, 4)).allMatch(one -> one.suspectedRows().length == 0);
    assertThat(ClusterVerdicts.bySeparation(classes, 100))
        .allMatch(one -> one.suspectedRows().length == 0);
  }

  @Test
  void scores_rankClassesBySeparation_thenTheSmallerClusterFirst() {
    ClassClusters odd =
        new ClassClusters(0, new long[] {2, 0}, new int[] {0, 1}, new double[] {.5, .5}, .8);
    ClassClusters even =
        new ClassClusters(1, new long[] {1, 3}, new int[] {0, 1}, new double[] {1, 1}, .2);

    // .8·(1 + .75/4), .2·(1 + 0), .8·(1 + .25/4), .2·(1 + 1/4)
    assertThat(ClusterScores.of(List.of(odd, even), 4))
        .containsExactly(new double[] {.95, .2, .85, .25}, within(1e-12));
  }

  @Test
  void separation_isTheRootOfTheVarianceBetweenTheClusters_inDistancesBetweenClasses() {
    try (TensorScope scope = TensorScope.open()) {
      double[][] points = {{0, 0}, {0, 0}, {0, 0}, {4, 0}, {1, 3}, {1, 3}};
      List<ClassClusters> classes =
          List.of(
              new ClassClusters(
                  0, new long[] {0, 1, 2, 3}, new int[] {0, 0, 0, 1}, new double[4], 0),
              ClassClusters.unsplit(1, new long[] {4, 5}),
              ClassClusters.unsplit(2, new long[0]));

      List<ClassClusters> measured = Separation.measured(classes, ReferencePoints.tensor(points));

      // the means (1, 0) and (1, 3) are 3 apart; √(¼·¾)·4/3
      assertThat(measured.get(0).separation()).isEqualTo(Math.sqrt(3) / 3, within(1e-12));
      assertThat(measured.get(1).separation()).isZero();
      assertThat(measured.get(2).separation()).isZero();
    }
  }

  @Test
  void median_ofEvenlyManyRows_isTheMeanOfTheMiddleTwo() {
    try (TensorScope scope = TensorScope.open()) {
      double[][] points = {{1, 50}, {2, 10}, {9, 20}, {4, 30}, {100, 100}};

      assertThat(ClusterVerdicts.median(ReferencePoints.tensor(points), new long[] {0, 1, 2, 3}))
          .containsExactly(new double[] {3, 25}, within(0.0));
      assertThat(ClusterVerdicts.median(ReferencePoints.tensor(points), new long[] {0, 1, 2}))
          .containsExactly(new double[] {2, 20}, within(0.0));
    }
  }

  @Test
  void reclassification_comparesWithTheMostFrequentOtherLabel() {
    assertThat(Reclassification.ratio(new long[] {3, 3, 1, 1, 1, 0, 0}, 3))
        .isEqualTo(2.0 / 3, within(1e-15));
    assertThat(Reclassification.ratio(new long[] {1, 1}, 3)).isZero();
    assertThat(Reclassification.ratio(new long[] {3, 3}, 3)).isInfinite();
  }

  @Test
  void reclassification_clearsAboveTheThresholdOnly() {
    ClassClusters clusters =
        new ClassClusters(2, new long[] {5, 6, 7}, new int[] {0, 0, 1}, new double[3], 0);
    JudgedClass judged = new JudgedClass(clusters, new boolean[] {false, true});

    assertThat(judged.cleared(1, rows -> new long[] {2}).suspectedRows()).isEmpty();
    assertThat(judged.cleared(1, rows -> new long[] {0}).suspectedRows()).containsExactly(7);
    assertThat(judged.cleared(1, rows -> new long[] {2, 0}).suspectedRows())
        .as("a ratio of exactly the threshold stays suspected")
        .containsExactly(7);
  }
}
