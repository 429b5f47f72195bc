package io.github.backdoor4j.eval;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class HistogramBinsTest {

  @Test
  void of_twoGroups_countsBothInTheSameBins() {
    Map<String, List<Double>> samples = new LinkedHashMap<>();
    samples.put("clean", List.of(0.0, 0.9, 1.0, 2.0));
    samples.put("triggered", List.of(3.9, 4.0, 4.0));

    HistogramBins bins = HistogramBins.of(samples, 4);

    assertThat(bins.edges()).containsExactly(0, 1, 2, 3, 4);
    assertThat(bins.counts().get("clean")).containsExactly(2, 1, 1, 0); // 1.0 begins the second bin
    assertThat(bins.counts().get("triggered")).containsExactly(0, 0, 0, 3); // 4.0 ends the last
    assertThat(bins.shares("clean")).containsExactly(0.5, 0.25, 0.25, 0.0);
  }

  @Test
  void of_valuesThatAreNotFinite_leavesThemOut() {
    HistogramBins bins =
        HistogramBins.of(Map.of("g", List.of(1.0, Double.NaN, Double.POSITIVE_INFINITY, 3.0)), 2);

    assertThat(bins.edges()).containsExactly(1, 2, 3);
    assertThat(bins.counts().get("g")).containsExactly(1, 1);
    assertThat(bins.leftOut()).isEqualTo(2);
  }

  @Test
  void of_equalValues_areOneBinAroundThem() {
    HistogramBins bins = HistogramBins.of(Map.of("g", List.of(7.0, 7.0)));

    assertThat(bins.edges()).containsExactly(6.5, 7.5);
    assertThat(bins.counts().get("g")).containsExactly(2);
  }

  @Test
  void of_hugeEqualValues_stillHasAWidth() {
    HistogramBins bins = HistogramBins.of(Map.of("g", List.of(1e300)));

    assertThat(bins.edges()[0]).isLessThan(bins.edges()[1]);
    assertThat(bins.counts().get("g")).containsExactly(1);
  }

  @Test
  void of_theWholeRangeOfDoubles_doesNotOverflow() {
    HistogramBins bins =
        HistogramBins.of(Map.of("g", List.of(-Double.MAX_VALUE, Double.MAX_VALUE)), 2);

    assertThat(bins.edges()).containsExactly(-Double.MAX_VALUE, 0, Double.MAX_VALUE);
    assertThat(bins.counts().get("g")).containsExactly(1, 1);
  }

  @Test
  void of_nothing_isEmpty() {
    HistogramBins bins = HistogramBins.of(Map.of("g", List.of()));

    assertThat(bins.size()).isEqualTo(1);
    assertThat(bins.shares("g")).containsExactly(0.0);
  }

  @Test
  void of_choosesTheNumberOfBinsByRicesRule() {
    assertThat(HistogramBins.of(ramp(1000)).size()).isEqualTo(20); // 2·∛1000
    assertThat(HistogramBins.of(ramp(27)).size()).isEqualTo(10); // 6, but at least 10
    assertThat(HistogramBins.of(ramp(100_000)).size()).isEqualTo(50); // 93, but at most 50
  }

  private static Map<String, List<Double>> ramp(int n) {
    List<Double> values = new java.util.ArrayList<>(Collections.nCopies(n, 0.0));
    values.set(0, 1.0);
    return Map.of("g", values);
  }
}
