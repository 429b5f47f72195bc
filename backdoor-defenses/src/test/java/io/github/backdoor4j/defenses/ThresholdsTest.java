package io.github.backdoor4j.defenses;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ThresholdsTest {

  @Test
  void maskThresholds_areNineteen_andTheFourthIsALittleMoreThanItLooks() {
    assertThat(MaskTraining.SWEEP).hasSize(19).startsWith(0, 0.05).endsWith(0.9);
    assertThat(MaskTraining.SWEEP[3]).isEqualTo(0.15000000000000002);
  }

  @Test
  void deviations_runFromTenDownToZero() {
    assertThat(LayerScores.SWEEP).hasSize(21).startsWith(10, 9.5).endsWith(0.5, 0);
  }

  @Test
  void thresholdsBelowAnEnd_leaveTheEndOut() {
    assertThat(Thresholds.below(1.4, 0.7)).containsExactly(0, 0.7);
    assertThat(Thresholds.below(0.3, 0.1)).containsExactly(0, 0.1, 0.2);
    assertThat(Thresholds.below(1, 0.3)).hasSize(4);
  }
}
