package io.github.backdoor4j.defenses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.backdoor4j.core.UsageException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PruningSettingsTest {

  private static final MaskTraining.Learnt MASK =
      new MaskTraining.Learnt(Map.of("norm", new double[] {0, 0.12, 0.31, 0.62, 0.88, 1.0}));

  @Test
  void thresholdsThatPruneTheSame_makeOneSetting() {
    PruningSettings settings = MASK.settings(0.7);

    assertThat(settings.counts()).containsExactly(0.0, 1.0, 2.0, 3.0, 4.0, 5.0);
    assertThat(settings.thresholds().get(0)).isNaN();
    assertThat(settings.thresholds().subList(1, 4))
        .containsExactly(0.0, 0.15000000000000002, 0.35000000000000003);
    assertThat(settings.thresholds().get(4)).as("the fixed one").isEqualTo(0.7);
    assertThat(settings.fixed()).isEqualTo(4);
    assertThat(settings.tried()).hasSize(19).containsEntry(0.05, 1).containsEntry(0.9, 5);
  }

  @Test
  void fixedThreshold_needNotBeAmongThoseTried() {
    PruningSettings settings = MASK.settings(1);

    assertThat(settings.fixed()).isEqualTo(6);
    assertThat(settings.pruned().get(6)).hasSize(6);
  }

  @Test
  void mask_isComparedAfterRoundingToFourDigits_edgeIncluded() {
    MaskTraining.Learnt mask =
        new MaskTraining.Learnt(Map.of("norm", new double[] {0.15, 0.1501, 0.35}));

    assertThat(mask.upTo(MaskTraining.SWEEP[3])).containsExactly(new Channel("norm", 0));
    assertThat(mask.upTo(MaskTraining.SWEEP[7])).hasSize(3);
  }

  @Test
  void noThresholdPrunesAnything_leavesTheModelAsItWas() {
    PruningSettings settings = PruningSettings.of(new double[] {2, 1}, 3, u -> List.of());

    assertThat(settings.size()).isEqualTo(1);
    assertThat(settings.fixed()).isEqualTo(0);
    assertThat(settings.thresholds()).containsExactly(3.0);
  }

  @Test
  void harsherThresholdThatSparesAChannel_isRefused() {
    Channel one = new Channel("norm", 1);
    Channel two = new Channel("norm", 2);
    Channel three = new Channel("norm", 3);

    assertThatThrownBy(
            () ->
                PruningSettings.of(
                    new double[] {2, 1}, 2, u -> u == 2 ? List.of(one) : List.of(two, three)))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("1.0");
  }
}
