package io.github.backdoor4j.defenses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.spi.DefenderAccess;
import io.github.backdoor4j.core.spi.DefenseOutcome.RepairedModel;
import io.github.backdoor4j.core.spi.Fidelity;
import io.github.backdoor4j.core.spi.Selection;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.defenses.BatchNormStatisticsPruning.Options;
import io.github.backdoor4j.testkit.DefenseStrategyContract;
import io.github.backdoor4j.testkit.TinyImages;
import io.github.backdoor4j.testkit.TinyScene;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BatchNormStatisticsPruningTest implements DefenseStrategyContract<Options> {

  private static final double[] MEAN = {0, 0.5, 2, 0, 0.1};
  private static final double[] VARIANCE = {1, 0.5, 4, 0.01, 0.9};

  private final TinyScene scene = TinyScene.backdoored();

  @Override
  public BatchNormStatisticsPruning strategy() {
    return new BatchNormStatisticsPruning();
  }

  private static Options options(double u, Selection selection, Fidelity fidelity) {
    return new Options(u, selection, 0.1, 0.3, fidelity);
  }

  @Test
  void defaults_areThreeDeviations_butFourForTinyImageNet() {
    DatasetSpec cifar = TinyImages.spec(TinyImages.CIFAR, 10);

    assertThat(strategy().defaults(cifar))
        .isEqualTo(new Options(3, Selection.FIXED, 0.1, 0.2, Fidelity.PAPER));
    assertThat(strategy().defaults(TinySpecs.tinyImageNet()).u()).isEqualTo(4);
  }

  private static double[] divergences(Fidelity fidelity) {
    double[] zeros = new double[5];
    double[] ones = {1, 1, 1, 1, 1};
    return BatchNormStatisticsPruning.divergences(MEAN, VARIANCE, zeros, ones, fidelity);
  }

  @Test
  void divergence_isThatOfNormalDistributions() {
    double[] divergences = divergences(Fidelity.PAPER);
    LayerScores scores = new LayerScores(Map.of("norm", divergences), true);

    double[] expected = {0, 0.22157359, 2.80685282, 1.80758509, 0.00768026};
    assertThat(divergences).containsExactly(expected, within(1e-8));
    assertThat(scores.threshold("norm", 1)).isCloseTo(2.24375507, within(1e-8));
    assertThat(scores.above(1)).containsExactly(new Channel("norm", 2));
  }

  @Test
  void divergence_ofTheBenchmark_ranksOtherwise() {
    double[] divergences = divergences(Fidelity.BACKDOORBENCH);
    LayerScores scores = new LayerScores(Map.of("norm", divergences), false);

    double[] expected = {0, 0.56814718, 2.11370564, 4.11017019, 0.06036052};
    assertThat(divergences).containsExactly(expected, within(1e-8));
    assertThat(scores.threshold("norm", 1)).isCloseTo(3.12380590, within(1e-8));
    assertThat(scores.above(1)).containsExactly(new Channel("norm", 3));
  }

  @Test
  void divergence_ofConstantChannels_isInfiniteOrUnknown() {
    double[] divergences =
        BatchNormStatisticsPruning.divergences(
            new double[3],
            new double[] {0, 1, 0},
            new double[3],
            new double[] {1, 0, 0},
            Fidelity.PAPER);

    assertThat(divergences[0]).isEqualTo(Double.POSITIVE_INFINITY);
    assertThat(Arrays.copyOfRange(divergences, 1, 3)).containsExactly(Double.NaN, Double.NaN);
  }

  @Test
  void trainedBackdoor_isGone_byDefault() {
    try (TensorScope scope = TensorScope.open()) {
      Options defaults = strategy().defaults(scene.training().spec());

      RepairedModel repaired = Suspects.repair(strategy(), defaults, scene);

      assertThat(scene.attackSuccess(repaired.network())).isLessThan(0.1);
      assertThat(scene.cleanAccuracy(repaired.network())).isGreaterThan(0.97);
      assertThat(repaired.evidence().numbers()).containsEntry("observed_images", 100.0);
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
        Network pruned =
            Suspects.repair(strategy(), options(1.5, Selection.FIXED, fidelity), scene).network();

        List<Channel> channels = Suspects.pruned(pruned);
        boolean shiftToo = fidelity == Fidelity.BACKDOORBENCH;
        assertThat(channels).as("%s", fidelity).isNotEmpty();
        assertThat(Suspects.differOnlyIn(channels, shiftToo, scene.model(), pruned)).isTrue();
        assertThat(Suspects.differOnlyIn(channels, !shiftToo, scene.model(), pruned)).isFalse();
      }
    }
  }

  @Test
  void benchmark_observesABatchOfTheTrainingSet() {
    Options benchmark = options(3, Selection.FIXED, Fidelity.BACKDOORBENCH);
    try (TensorScope scope = TensorScope.open()) {
      assertThat(strategy().needs(benchmark)).contains(DefenderAccess.TRAINING_SET);
      assertThat(strategy().needs(options(3, Selection.FIXED, Fidelity.PAPER)))
          .doesNotContain(DefenderAccess.TRAINING_SET);
      assertThat(Suspects.repair(strategy(), benchmark, scene).evidence().numbers())
          .containsEntry("observed_images", 256.0);
    }
  }

  @Test
  void holdoutThatChooses_isNotAllObserved() {
    try (TensorScope scope = TensorScope.open()) {
      RepairedModel repaired =
          Suspects.repair(strategy(), options(3, Selection.CLEAN_HOLDOUT, Fidelity.PAPER), scene);

      assertThat(repaired.evidence().numbers()).containsEntry("observed_images", 70.0);
      assertThat(scene.attackSuccess(repaired.network())).isLessThan(0.1);
      assertThat(scene.cleanAccuracy(repaired.network())).isGreaterThan(0.85);
    }
  }

  @Test
  void options_outOfRange_areNamed() {
    assertThatThrownBy(() -> new Options(3, Selection.FIXED, 0.1, 1, Fidelity.PAPER))
        .isInstanceOf(UsageException.class)
        .hasMessage("kept_back must lie in (0, 1), but was 1.0");
  }
}
