package io.github.backdoor4j.defenses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class CostControlTest {

  private static final CostControl.Rules RULES = new CostControl.Rules(0.98, 1e-3, 2, 5, 25, 0.99);
  private static final double[] SHRINKING = {300, 260, 220, 190, 160, 140, 120, 100, 90, 80};

  /** Epochs 1-5 fail, 6-15 succeed with ever smaller masks, 16-20 fail, then 79.5 for ever. */
  private static double success(int epoch) {
    return epoch <= 5 ? 0.50 : epoch <= 15 || epoch > 20 ? 0.99 : 0.90;
  }

  private static double norm(int epoch) {
    if (epoch <= 5) {
      return 900;
    }
    return epoch <= 15 ? SHRINKING[epoch - 6] : epoch <= 20 ? 40 : 79.5;
  }

  @Test
  void cost_followsRunsOfSuccessAndFailure() {
    CostControl control = new CostControl(RULES);
    double[] after = new double[31];
    for (int epoch = 1; epoch <= 30; epoch++) {
      control.epoch(success(epoch), norm(epoch));
      after[epoch] = control.cost();
    }

    assertThat(new double[] {after[5], after[10], after[15], after[20], after[25], after[30]})
        .containsExactly(
            new double[] {3.5355339e-4, 7.0710678e-4, 1.4142136e-3, 5e-4, 1e-3, 2e-3},
            within(1e-10));
    assertThat(after[4]).isEqualTo(1e-3);
    assertThat(after[9]).isEqualTo(after[5]);
  }

  @Test
  void inversion_endsAfter25EpochsWithoutSmallerMask() {
    CostControl control = new CostControl(RULES);
    int epoch = 0;
    while (!control.finished() && epoch < 80) {
      epoch++;
      control.epoch(success(epoch), norm(epoch));
    }

    assertThat(epoch).isEqualTo(40);
    assertThat(control.best()).isEqualTo(79.5);
  }

  @Test
  void inversion_neverEndsBeforeTheCostWentBothWays() {
    CostControl control = new CostControl(RULES);
    for (int epoch = 1; epoch <= 80; epoch++) {
      control.epoch(0.99, 50);
    }

    assertThat(control.finished()).as("cost was only ever raised").isFalse();
  }

  @Test
  void smallerMask_countsOnlyWithSuccess() {
    CostControl control = new CostControl(RULES);

    assertThat(control.epoch(0.99, 100)).isTrue();
    assertThat(control.epoch(0.97, 10)).as("smaller, but it fails").isFalse();
    assertThat(control.epoch(0.98, 100)).as("succeeds, but is no smaller").isFalse();
    assertThat(control.epoch(0.98, 99)).isTrue();
    assertThat(control.best()).isEqualTo(99);
  }

  @Test
  void classThatNeverSucceeds_keepsItsFirstEpoch() {
    CostControl control = new CostControl(RULES);

    assertThat(control.epoch(0.1, 900)).isTrue();
    for (int epoch = 2; epoch <= 80; epoch++) {
      assertThat(control.epoch(0.1, 900 - epoch)).isFalse();
    }
    assertThat(control.best()).isInfinite();
    assertThat(control.finished()).isFalse();
  }
}
