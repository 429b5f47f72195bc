package io.github.backdoor4j.defenses;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.backdoor4j.core.spi.Fidelity;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PruningSweepTest {

  private static final double[] ACTIVATIONS = {.3, 0, .9, .1};
  private static final double[] ACCURACY = {.90, .90, .85, .80};
  private static final double TOLERANCE = .1;

  private static PruningSweep sweep(Fidelity fidelity) {
    return PruningSweep.leastActiveFirst(ACTIVATIONS, 0.01, fidelity);
  }

  @Test
  void settings_ofPaper_pruneAsManyAsTheySay() {
    PruningSweep sweep = sweep(Fidelity.PAPER);

    assertThat(sweep.pruned(0)).isEmpty();
    assertThat(sweep.pruned(1)).containsExactly(1);
    assertThat(sweep.pruned(2)).containsExactly(1, 3);
    assertThat(sweep.pruned(3)).containsExactly(1, 3, 0);
  }

  @Test
  void settings_ofBenchmark_pruneOneFewer() {
    PruningSweep sweep = sweep(Fidelity.BACKDOORBENCH);

    assertThat(sweep.pruned(0)).isEmpty();
    assertThat(sweep.pruned(1)).isEmpty();
    assertThat(sweep.pruned(2)).containsExactly(1);
    assertThat(sweep.pruned(3)).containsExactly(1, 3);
  }

  /** Number of units, units per setting and settings as the benchmark has them. */
  @ParameterizedTest
  @CsvSource({"512, 6, 86", "2208, 23, 96", "960, 10, 96", "1536, 16, 96", "768, 8, 96"})
  void step_isAHundredthRoundedUp(int units, int step, int settings) {
    PruningSweep sweep =
        PruningSweep.leastActiveFirst(new double[units], 0.01, Fidelity.BACKDOORBENCH);

    assertThat(sweep.step()).isEqualTo(step);
    assertThat(sweep.settings()).isEqualTo(settings);
    assertThat(sweep.pruned(1)).hasSize(step - 1);
    assertThat(sweep.pruned(settings - 1).length).isLessThan(units);
  }

  @Test
  void settings_neverPruneEverything() {
    assertThat(sweep(Fidelity.PAPER).settings()).isEqualTo(4);
    assertThat(PruningSweep.leastActiveFirst(ACTIVATIONS, 1, Fidelity.PAPER).settings())
        .isEqualTo(1);
  }

  @Test
  void order_ofEquallyActiveUnits_isByIndex() {
    PruningSweep sweep =
        PruningSweep.leastActiveFirst(new double[] {0, 1, 0, -1, 0}, 0.2, Fidelity.PAPER);

    assertThat(sweep.order()).containsExactly(3, 0, 2, 4, 1);
  }

  /** Seven units in steps of two: settings prune 0, 2, 4 or 6. */
  @Test
  void share_isRoundedToTheNearestSetting_andNeverPrunesAll() {
    PruningSweep sweep =
        PruningSweep.leastActiveFirst(new double[] {1, 2, 3, 4, 5, 6, 7}, 0.2, Fidelity.PAPER);

    assertThat(sweep.settingOf(0)).isZero();
    assertThat(sweep.settingOf(0.3)).isEqualTo(1); // 2.1 units
    assertThat(sweep.settingOf(0.7)).isEqualTo(2); // 4.9 units
    assertThat(sweep.settingOf(1)).isEqualTo(3);
  }

  @Test
  void choice_ofPaper_rollsBackToTheLastGoodSetting() {
    assertThat(sweep(Fidelity.PAPER).choose(ACCURACY, TOLERANCE)).isEqualTo(2);
  }

  @Test
  void choice_ofBenchmark_isTheSettingThatBrokeTheTolerance() {
    assertThat(sweep(Fidelity.BACKDOORBENCH).choose(ACCURACY, TOLERANCE)).isEqualTo(3);
  }

  @Test
  void choice_withoutViolation_isTheLastSetting() {
    double[] flat = {.9, .9, .89, .88};

    for (Fidelity fidelity : Fidelity.values()) {
      assertThat(sweep(fidelity).choose(flat, TOLERANCE)).isEqualTo(3);
    }
  }

  @Test
  void gainOfAccuracy_endsTheSweepInTheBenchmarkOnly() {
    double[] rising = {.5, .7, .7, .7};

    assertThat(sweep(Fidelity.BACKDOORBENCH).choose(rising, TOLERANCE)).isEqualTo(1);
    assertThat(sweep(Fidelity.PAPER).choose(rising, TOLERANCE)).isEqualTo(3);
  }

  @Test
  void accuracyThatComesBack_doesNotCount() {
    double[] dip = {.9, .5, .9, .9};

    assertThat(sweep(Fidelity.PAPER).choose(dip, TOLERANCE)).isZero();
  }

  @Test
  void modelThatIsAlwaysWrong_isNotPrunedByPaper() {
    double[] zero = new double[4];

    assertThat(sweep(Fidelity.PAPER).choose(zero, TOLERANCE)).isZero();
    assertThat(Arrays.stream(sweep(Fidelity.PAPER).pruned(0)).count()).isZero();
  }
}
