package io.github.backdoor4j.defenses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.spi.Figure;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LayerScoresTest {

  private static final double INFINITE = Double.POSITIVE_INFINITY;

  private static LayerScores scores(boolean finiteOnly, double... layer) {
    return new LayerScores(Map.of("norm", layer), finiteOnly);
  }

  @Test
  void outlier_liesMoreThanUDeviationsAboveTheMean() {
    LayerScores scores = scores(true, 1, 1.1, 0.9, 1, 1.05, 0.95, 1, 1.1, 0.9, 1, 1, 9);

    assertThat(scores.threshold("norm", 1)).isCloseTo(1.666666667 + 2.310286615, within(1e-8));
    assertThat(scores.threshold("norm", 3)).isCloseTo(8.597526511, within(1e-8));
    assertThat(scores.above(3)).containsExactly(new Channel("norm", 11));
    assertThat(scores.above(3.2)).isEmpty(); // 11/√12 = 3.175 is the most that is possible
  }

  @Test
  void scoreOnTheThreshold_isNoOutlier() {
    assertThat(scores(true, 0, 0, 0, 4).above(1.5)).isEmpty(); // mean 1, deviation 2
    assertThat(scores(true, 0, 0, 0, 4).above(1.4999)).containsExactly(new Channel("norm", 3));
  }

  @Test
  void layers_areJudgedApart() {
    LayerScores scores =
        new LayerScores(
            Map.of("a", new double[] {1, 1, 1, 1, 2}, "b", new double[] {9, 9, 9, 9, 9.1}), true);

    assertThat(scores.above(1.7))
        .containsExactlyInAnyOrder(new Channel("a", 4), new Channel("b", 4));
  }

  /** Their mean is a rounding error below them, and so is their deviation. */
  @Test
  void equalScores_haveNoOutliers() {
    assertThat(scores(true, 0.1, 0.1, 0.1).above(0)).isEmpty();
    assertThat(scores(true, 0, 0, 0).above(0)).isEmpty();
    assertThat(scores(true, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7).above(0)).isEmpty();
  }

  @Test
  void infiniteScore_isAnOutlier_orKeepsItsLayerFromBeingJudged() {
    double[] layer = {1, 1, 1, 1, 1, 1, 1, 1.1, INFINITE, Double.NaN};

    assertThat(scores(true, layer).above(3)).containsExactly(new Channel("norm", 8));
    assertThat(scores(false, layer).above(3)).isEmpty();
  }

  @Test
  void layersTooSmallForU_areNamed() {
    LayerScores ten = scores(true, new double[10]);
    LayerScores eleven = scores(true, new double[11]);

    assertThat(ten.smallLayersNote(3)).isPresent();
    assertThat(ten.smallLayersNote(2.8)).isEmpty(); // 9/√10 = 2.846
    assertThat(eleven.smallLayersNote(3)).isEmpty(); // 10/√11 = 3.015
  }

  @Test
  void histogram_isInDeviations_ofFiniteScores() {
    Figure.Histogram figure = scores(true, 0, 0, 0, 4, INFINITE).histogram("title", 1.2);

    assertThat(figure.samples().get("channels")).isEqualTo(List.of(-0.5, -0.5, -0.5, 1.5));
    assertThat(figure.threshold()).isEqualTo(1.2);
  }
}
