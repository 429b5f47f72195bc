package io.github.backdoor4j.defenses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.UsageException;
import org.junit.jupiter.api.Test;

class MadOutliersTest {

  private static final double FACTOR = MadOutliers.NORMAL_CONSISTENCY;
  private static final double[] TWO_SMALL = {
    28.4, 60.1, 57.3, 64.9, 55.0, 61.7, 58.8, 63.2, 8.5, 59.6
  };
  private static final double[] ONE_SMALL = {95, 100, 12, 110, 98, 105, 90, 102, 99, 101};

  @Test
  void median_ofEvenNumber_dependsOnTheRule() {
    double[] values = {3, 1, 2, 4};

    assertThat(MedianRule.LOWER.of(values)).isEqualTo(2);
    assertThat(MedianRule.AVERAGE.of(values)).isEqualTo(2.5);
    assertThat(values).as("the argument").containsExactly(3, 1, 2, 4);
  }

  @Test
  void median_ofOddNumber_isTheMiddleByBothRules() {
    double[] values = {5, 1, 9};

    assertThat(MedianRule.LOWER.of(values)).isEqualTo(5);
    assertThat(MedianRule.AVERAGE.of(values)).isEqualTo(5);
  }

  @Test
  void outliers_byLowerMedian_areThePublishedOnes() {
    MadOutliers outliers = MadOutliers.of(TWO_SMALL, MedianRule.LOWER, FACTOR);

    assertThat(outliers.median()).isEqualTo(58.8);
    assertThat(outliers.deviation()).isCloseTo(4.29954, within(1e-9));
    assertThat(outliers.indexOfSmallest()).isCloseTo(11.69892593, within(1e-8));
    assertThat(outliers.indices()[0]).isCloseTo(7.071, within(5e-4));
    assertThat(outliers.beyond(2, MadOutliers.Side.LOW)).containsExactly(8, 0);
  }

  @Test
  void outliers_byAverageMedian_haveAnotherIndex() {
    MadOutliers outliers = MadOutliers.of(TWO_SMALL, MedianRule.AVERAGE, FACTOR);

    assertThat(outliers.median()).isCloseTo(59.2, within(1e-12));
    assertThat(outliers.deviation()).isCloseTo(4.81845, within(1e-9));
    assertThat(outliers.indexOfSmallest()).isCloseTo(10.52205585, within(1e-8));
  }

  @Test
  void outliers_ofSecondList_agreeForBothMedians() {
    MadOutliers lower = MadOutliers.of(ONE_SMALL, MedianRule.LOWER, FACTOR);
    MadOutliers average = MadOutliers.of(ONE_SMALL, MedianRule.AVERAGE, FACTOR);

    assertThat(lower.median()).isEqualTo(99);
    assertThat(lower.deviation()).isCloseTo(4.4478, within(1e-9));
    assertThat(lower.indexOfSmallest()).isCloseTo(19.56023202, within(1e-8));
    assertThat(average.median()).isEqualTo(99.5);
    assertThat(average.deviation()).isCloseTo(5.1891, within(1e-9));
    assertThat(average.indexOfSmallest()).isCloseTo(87.5 / 5.1891, within(1e-9));
  }

  @Test
  void side_decidesWhichOutliersCount() {
    double[] values = {10, 11, 12, 13, 14, 0, 30};
    MadOutliers outliers = MadOutliers.of(values, MedianRule.LOWER, 1);

    assertThat(outliers.beyond(3, MadOutliers.Side.LOW)).containsExactly(5);
    assertThat(outliers.beyond(3, MadOutliers.Side.HIGH)).containsExactly(6);
    assertThat(outliers.beyond(3, MadOutliers.Side.BOTH)).containsExactly(5, 6);
  }

  @Test
  void threshold_itselfIsNoOutlier() {
    double[] values = {10, 11, 12, 13, 14}; // median 12, deviation 1

    assertThat(MadOutliers.of(values, MedianRule.LOWER, 1).beyond(2, MadOutliers.Side.BOTH))
        .isEmpty();
  }

  @Test
  void equalValues_haveNoIndexAndNoOutlier() {
    MadOutliers outliers = MadOutliers.of(new double[] {7, 7, 7, 7, 1}, MedianRule.LOWER, FACTOR);

    assertThat(outliers.deviation()).isZero();
    assertThat(outliers.indexOfSmallest()).isNaN();
    assertThat(outliers.beyond(2, MadOutliers.Side.BOTH)).isEmpty();
  }

  @Test
  void noValues_areRefused() {
    assertThatThrownBy(() -> MadOutliers.of(new double[0], MedianRule.LOWER, FACTOR))
        .isInstanceOf(UsageException.class);
  }
}
