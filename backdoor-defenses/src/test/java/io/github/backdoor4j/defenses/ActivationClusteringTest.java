package io.github.backdoor4j.defenses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.spi.DefenseContext;
import io.github.backdoor4j.core.spi.DefenseOutcome.CleanedDataset;
import io.github.backdoor4j.core.spi.DefenseStrategy;
import io.github.backdoor4j.core.spi.Fidelity;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.defenses.ActivationClustering.Options;
import io.github.backdoor4j.defenses.ActivationClustering.Reduction;
import io.github.backdoor4j.defenses.ActivationClustering.Rule;
import io.github.backdoor4j.testkit.DefenseStrategyContract;
import io.github.backdoor4j.testkit.TinyContexts;
import io.github.backdoor4j.testkit.TinyScene;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class ActivationClusteringTest implements DefenseStrategyContract<Options> {

  @Override
  public DefenseStrategy<Options> strategy() {
    return new ActivationClustering();
  }

  /** A rule that always finds something, so that the contract sees a retraining. */
  @Override
  public Options options(DatasetSpec data) {
    return options(Rule.SMALLER, true, 2, Fidelity.PAPER);
  }

  @Override
  @Test
  @Tag("long") // the stand-in device takes a minute
  public void defend_onAnotherDevice_mixesNothing() {
    DefenseStrategyContract.super.defend_onAnotherDevice_mixesNothing();
  }

  @Test
  void defend_onABackdooredModel_ranksPoisonAboveTheRest() {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();

      CleanedDataset outcome = run(scene, withoutTraining(Rule.RELATIVE_SIZE));

      assertThat(Ranking.auroc(outcome.samples().scores(), poisoned(scene))).isGreaterThan(0.8);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Rule.class,
      names = {"RELATIVE_SIZE", "SILHOUETTE_SCORES", "SEPARATION"})
  void defend_onABackdooredModel_removesThePoison(Rule rule) {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();

      CleanedDataset outcome = run(scene, afterPca(rule, false));

      assertThat(rate(outcome.samples().flagged(), poisoned(scene))).isGreaterThan(0.9);
    }
  }

  @Test
  void defend_onABackdooredModel_removesTheBackdoorWithThePoison() {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();

      Network retrained = run(scene, afterPca(Rule.RELATIVE_SIZE, true)).retrained().orElseThrow();

      assertThat(scene.cleanAccuracy(retrained)).isGreaterThan(0.9);
      assertThat(scene.attackSuccess(retrained)).isLessThan(0.1);
    }
  }

  @Test
  void defend_onACleanModel_removesLittle() {
    try (TensorScope scope = TensorScope.open()) {
      CleanedDataset outcome = run(TinyScene.clean(), withoutTraining(Rule.RELATIVE_SIZE));

      assertThat(count(outcome.samples().flagged())).isLessThan(150);
    }
  }

  @ParameterizedTest
  @EnumSource(Rule.class)
  void defend_underAnyRule_removesWholeClusters(Rule rule) {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();

      CleanedDataset outcome = run(scene, withoutTraining(rule));

      double removed = outcome.evidence().numbers().get("removed_samples");
      assertThat(removed).isEqualTo(count(outcome.samples().flagged())).isLessThan(1000);
      assertThat(removed == 0)
          .isEqualTo(outcome.evidence().numbers().get("suspected_clusters") == 0);
    }
  }

  @Test
  void defend_onPermutedRows_removesTheSameImages() {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();
      long[] order = Tensors.permutation(scene.training().size(), new Seed(9));
      Options options = withoutTraining(Rule.SMALLER);

      CleanedDataset straight = run(scene, options);
      CleanedDataset permuted = run(scene, scene.training().subset(order), options);

      for (int i = 0; i < order.length; i++) {
        assertThat(permuted.samples().flagged()[i])
            .as("row %d, once %d", i, order[i])
            .isEqualTo(straight.samples().flagged()[(int) order[i]]);
        assertThat(permuted.samples().scores()[i])
            .isEqualTo(straight.samples().scores()[(int) order[i]], within(1e-6));
      }
    }
  }

  @Test
  void defend_whereNothingIsSuspected_trainsNothingAndSaysSo() {
    try (TensorScope scope = TensorScope.open()) {
      Options none =
          new Options(
              Reduction.PCA,
              10,
              Rule.RELATIVE_SIZE,
              0,
              0.1,
              2.5,
              false,
              1,
              true,
              1,
              Fidelity.PAPER);

      CleanedDataset outcome = run(TinyScene.backdoored(), none);

      assertThat(outcome.samples().flagged()).containsOnly(false);
      assertThat(outcome.retrained()).isEmpty();
      assertThat(outcome.evidence().notes()).anyMatch(note -> note.contains("nothing was removed"));
    }
  }

  @Test
  void defend_asTheBenchmarkDoes_removesAsManyOfEachClassAtRandom() {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();
      Options options = options(Rule.SMALLER, false, 0, Fidelity.BACKDOORBENCH);

      CleanedDataset outcome = run(scene, options);

      int removed = count(outcome.samples().flagged());
      assertThat(removed).isBetween(1, scene.training().size() / 2);
      double precision = rate(poisoned(scene), outcome.samples().flagged());
      assertThat(precision).as("share of poison in what was removed").isBetween(0.03, 0.2);
    }
  }

  @Test
  void defend_withReclassification_clearsClustersThatKeepTheirLabel() {
    try (TensorScope scope = TensorScope.open()) {
      Options options =
          new Options(
              Reduction.ICA, 10, Rule.SMALLER, .35, .1, 2.5, true, 1, true, 4, Fidelity.PAPER);

      CleanedDataset outcome = run(TinyScene.clean(), options);

      assertThat(count(outcome.samples().flagged())).isZero();
      assertThat(outcome.retrained()).isEmpty();
      assertThat(outcome.evidence().notes())
          .filteredOn(note -> note.contains("cleared the suspected cluster"))
          .hasSize(4);
    }
  }

  @Test
  void defend_onOddClasses_doesNotFail() {
    try (TensorScope scope = TensorScope.open()) {
      ImageDataset all = TinyScene.clean().training();
      // labels run 0 1 2 3 0 1 …: many of class 0, one of class 1, class 2 ten times the same
      // image, none of class 3
      long[] rows = new long[61];
      for (int i = 0; i < 50; i++) {
        rows[i] = 4L * i;
      }
      rows[50] = 1;
      Arrays.fill(rows, 51, 61, 2);
      for (Rule rule : Rule.values()) {
        CleanedDataset outcome =
            run(TinyScene.clean(), all.subset(rows), options(rule, true, 1, Fidelity.PAPER));

        assertThat(outcome.samples().flagged()).hasSize(61);
        assertThat(Arrays.copyOfRange(outcome.samples().flagged(), 50, 61)).containsOnly(false);
      }
    }
  }

  @Test
  void options_outOfRange_areRefused() {
    assertThatThrownBy(() -> options(Rule.SMALLER, true, -1, Fidelity.PAPER))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("retraining_epochs");
    assertThatThrownBy(
            () ->
                new Options(
                    Reduction.ICA,
                    0,
                    Rule.SMALLER,
                    .35,
                    .1,
                    2.5,
                    false,
                    1,
                    true,
                    0,
                    Fidelity.PAPER))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("dimensions");
    assertThatThrownBy(
            () ->
                new Options(
                    Reduction.ICA,
                    10,
                    Rule.RELATIVE_SIZE,
                    .51, // both clusters of a class could be that small
                    .1,
                    2.5,
                    false,
                    1,
                    true,
                    0,
                    Fidelity.PAPER))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("size_threshold");
  }

  @Test
  void benchmarkGuard_neverReduces() {
    assertThat(ClusterAnalysis.benchmarkReduces(512, 5000)).isFalse();
    assertThat(ClusterAnalysis.benchmarkReduces(512, 10)).isFalse();
    assertThat(ClusterAnalysis.benchmarkReduces(8192, Long.MAX_VALUE)).isFalse();
  }

  private static Options withoutTraining(Rule rule) {
    return options(rule, false, 0, Fidelity.PAPER);
  }

  private static Options afterPca(Rule rule, boolean retrain) {
    return new Options(Reduction.PCA, 10, rule, .35, .1, 2.5, false, 1, retrain, 6, Fidelity.PAPER);
  }

  private static Options options(Rule rule, boolean retrain, int epochs, Fidelity fidelity) {
    return new Options(Reduction.ICA, 10, rule, .35, .1, 2.5, false, 1, retrain, epochs, fidelity);
  }

  private CleanedDataset run(TinyScene scene, Options options) {
    return run(scene, scene.training(), options);
  }

  private CleanedDataset run(TinyScene scene, ImageDataset training, Options options) {
    ActivationClustering defense = new ActivationClustering();
    DefenseContext.Materials materials =
        new DefenseContext.Materials(
            scene.model(), Optional.of(training), Optional.empty(), Optional.empty());
    return defense.defend(TinyContexts.defense(defense, scene, materials, SEED), options);
  }

  private static boolean[] poisoned(TinyScene scene) {
    boolean[] flags = new boolean[scene.training().size()];
    Arrays.stream(scene.poisonedRows()).forEach(row -> flags[(int) row] = true);
    return flags;
  }

  private static int count(boolean[] flags) {
    return (int) IntStream.range(0, flags.length).filter(i -> flags[i]).count();
  }

  /** Share of {@code among} that is also in {@code flags}. */
  private static double rate(boolean[] flags, boolean[] among) {
    long hits = IntStream.range(0, flags.length).filter(i -> flags[i] && among[i]).count();
    return (double) hits / count(among);
  }
}
