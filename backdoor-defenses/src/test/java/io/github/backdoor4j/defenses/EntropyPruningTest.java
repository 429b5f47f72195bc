package io.github.backdoor4j.defenses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.spi.DefenderAccess;
import io.github.backdoor4j.core.spi.DefenseOutcome.RepairedModel;
import io.github.backdoor4j.core.spi.Fidelity;
import io.github.backdoor4j.core.spi.Selection;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.defenses.EntropyPruning.Options;
import io.github.backdoor4j.testkit.DefenseStrategyContract;
import io.github.backdoor4j.testkit.TinyImages;
import io.github.backdoor4j.testkit.TinyScene;
import java.util.List;
import org.junit.jupiter.api.Test;

class EntropyPruningTest implements DefenseStrategyContract<Options> {

  private final TinyScene scene = TinyScene.backdoored();

  @Override
  public EntropyPruning strategy() {
    return new EntropyPruning();
  }

  private static Options options(double u, Selection selection, Fidelity fidelity) {
    return new Options(u, 0.01, selection, 0.1, fidelity);
  }

  @Test
  void defaults_areThreeDeviations_butFourForTinyImageNet() {
    DatasetSpec cifar = TinyImages.spec(TinyImages.CIFAR, 10);

    assertThat(strategy().defaults(cifar)).isEqualTo(options(3, Selection.FIXED, Fidelity.PAPER));
    assertThat(strategy().defaults(TinySpecs.tinyImageNet()).u()).isEqualTo(4);
  }

  @Test
  void needs_theTrainingSet_andCleanDataOnlyToChooseByIt() {
    assertThat(strategy().needs(options(3, Selection.FIXED, Fidelity.PAPER)))
        .containsExactlyInAnyOrder(DefenderAccess.SUSPECT_MODEL, DefenderAccess.TRAINING_SET);
    assertThat(strategy().needs(options(3, Selection.CLEAN_HOLDOUT, Fidelity.PAPER)))
        .contains(DefenderAccess.CLEAN_HOLDOUT);
  }

  @Test
  void trainedBackdoor_isGone_whereTheHoldoutChooses() {
    try (TensorScope scope = TensorScope.open()) {
      RepairedModel repaired =
          Suspects.repair(strategy(), options(3, Selection.CLEAN_HOLDOUT, Fidelity.PAPER), scene);

      assertThat(scene.attackSuccess(repaired.network())).isLessThan(0.1);
      assertThat(scene.cleanAccuracy(repaired.network())).isGreaterThan(0.9);
    }
  }

  @Test
  void cleanModel_keepsItsAccuracy() {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene clean = TinyScene.clean();
      RepairedModel repaired =
          Suspects.repair(strategy(), options(3, Selection.FIXED, Fidelity.PAPER), clean);

      assertThat(clean.cleanAccuracy(repaired.network()))
          .isGreaterThanOrEqualTo(clean.cleanAccuracy(clean.model()) - 0.02);
    }
  }

  @Test
  void scaleAlone_isZeroed_andInTheBenchmarkTheShiftToo() {
    try (TensorScope scope = TensorScope.open()) {
      for (Fidelity fidelity : Fidelity.values()) {
        RepairedModel repaired =
            Suspects.repair(strategy(), options(2, Selection.FIXED, fidelity), scene);

        List<Channel> channels = Suspects.pruned(repaired.network());
        boolean benchmark = fidelity == Fidelity.BACKDOORBENCH;
        assertThat(channels).as("%s", fidelity).isNotEmpty();
        assertThat(Suspects.differOnlyIn(channels, benchmark, scene.model(), repaired.network()))
            .isTrue();
        assertThat(repaired.evidence().numbers())
            .containsEntry("observed_images", benchmark ? 256.0 : 1000.0);
      }
    }
  }

  /** A dead channel has no standardised values; the benchmark's code fails on it. */
  @Test
  void constantChannel_isLeftAlone_andItsLayerIsStillJudged() {
    try (TensorScope scope = TensorScope.open()) {
      Network planted = PlantedNetwork.byHand(scene.training());
      Tensors.withoutGradients(() -> planted.parameters().get("conv.weight").get(0).zero_());

      Network repaired =
          Suspects.repair(strategy(), options(2.9, Selection.FIXED, Fidelity.PAPER), scene, planted)
              .network();

      assertThat(Suspects.pruned(repaired))
          .containsExactly(new Channel("norm", PlantedNetwork.PLANTED));
    }
  }

  @Test
  void options_outOfRange_areNamed() {
    assertThatThrownBy(() -> new Options(3, 0, Selection.FIXED, 0.1, Fidelity.PAPER))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("bin_width");
  }
}
