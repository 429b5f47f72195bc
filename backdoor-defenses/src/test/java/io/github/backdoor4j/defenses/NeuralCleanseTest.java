package io.github.backdoor4j.defenses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.backdoor4j.core.NotApplicableException;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.record.Options;
import io.github.backdoor4j.core.spi.DefenderAccess;
import io.github.backdoor4j.core.spi.DefenseContext;
import io.github.backdoor4j.core.spi.DefenseOutcome.ModelVerdict;
import io.github.backdoor4j.core.spi.DefenseOutcome.SampleScores;
import io.github.backdoor4j.core.spi.Fidelity;
import io.github.backdoor4j.core.spi.Figure;
import io.github.backdoor4j.core.spi.Workbench;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.core.train.OptimizerSpec;
import io.github.backdoor4j.testkit.DefenseStrategyContract;
import io.github.backdoor4j.testkit.TinyContexts;
import io.github.backdoor4j.testkit.TinyImages;
import io.github.backdoor4j.testkit.TinyNetwork;
import io.github.backdoor4j.testkit.TinyScene;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class NeuralCleanseTest implements DefenseStrategyContract<NeuralCleanse.Options> {

  @Override
  public NeuralCleanse strategy() {
    return new NeuralCleanse();
  }

  @Override
  public NeuralCleanse.Options options(DatasetSpec data) {
    return options(Map.of("epochs", "3", "images", "40"));
  }

  @Override
  @Test
  @Tag("long") // the stand-in device takes a minute
  public void defend_onAnotherDevice_mixesNothing() {
    DefenseStrategyContract.super.defend_onAnotherDevice_mixesNothing();
  }

  private static NeuralCleanse.Options options(Map<String, String> changes) {
    DatasetSpec spec = TinyScene.backdoored().training().spec();
    NeuralCleanse.Options quick =
        Options.bind(
            "test",
            new NeuralCleanse().defaults(spec),
            Map.of(
                "epochs", "30",
                "batch_size", "25",
                "classes_together", "4",
                "unlearning.epochs", "10",
                "unlearning.batch_size", "25"));
    return Options.bind("test", quick, changes);
  }

  private static ModelVerdict judge(TinyScene scene, Seed seed, Map<String, String> changes) {
    NeuralCleanse defense = new NeuralCleanse();
    NeuralCleanse.Options options = options(changes);
    return defense.defend(
        TinyContexts.defense(defense, options, scene, scene.materials(), seed), options);
  }

  @Test
  void defaults_areTheBenchmarks() {
    NeuralCleanse.Options defaults = strategy().defaults(TinyImages.spec(TinyImages.CIFAR, 10));

    assertThat(defaults.rules()).isEqualTo(new CostControl.Rules(0.98, 1e-3, 2, 5, 25, 0.99));
    assertThat(defaults.epochs()).isEqualTo(80);
    assertThat(defaults.batchSize()).isEqualTo(256);
    assertThat(defaults.median()).isEqualTo(MedianRule.LOWER);
    assertThat(defaults.unlearning().epochs()).isEqualTo(100);
    assertThat(defaults.unlearning().optimizer())
        .isEqualTo(new OptimizerSpec.Sgd(0.01, 0.9, 5e-4, false));
  }

  @Test
  void backdooredModel_isFoundWithItsTarget_andRepaired() {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();

      ModelVerdict verdict = judge(scene, SEED, Map.of());

      assertThat(verdict.backdoored()).isTrue();
      assertThat(verdict.suspectLabels()).containsExactly(TinyScene.TARGET);
      assertThat(verdict.score()).isGreaterThan(verdict.threshold());
      Network repaired = verdict.repaired().orElseThrow();
      assertThat(scene.attackSuccess(repaired)).isLessThan(0.2);
      assertThat(scene.cleanAccuracy(repaired))
          .isGreaterThanOrEqualTo(scene.cleanAccuracy(scene.model()) - 0.03);
      assertThat(massInCorner(verdict)).isGreaterThanOrEqualTo(0.6);
    }
  }

  /** Norms of a real model on grey images: clean classes differ by a factor of five. */
  @Test
  void smallTriggerAmongVeryDifferentNorms_isAnOutlierOfTheLogarithmsOnly() {
    double[] norms = {3.7, 122, 66, 129, 88, 70, 58, 170, 31, 120};

    assertThat(flagged(norms, NeuralCleanse.NormScale.LINEAR)).isEmpty();
    assertThat(flagged(norms, NeuralCleanse.NormScale.LOG)).containsExactly(0);
  }

  private static List<Integer> flagged(double[] norms, NeuralCleanse.NormScale scale) {
    double[] scaled = Arrays.stream(norms).map(scale::of).toArray();
    return MadOutliers.of(scaled, MedianRule.LOWER, MadOutliers.NORMAL_CONSISTENCY)
        .beyond(3, MadOutliers.Side.LOW);
  }

  /** Share of the target's mask within the 5×5 corner that holds the true 3×3 trigger. */
  private static double massInCorner(ModelVerdict verdict) {
    Figure.Pictures masks =
        verdict.evidence().figures().stream()
            .filter(Figure.Pictures.class::isInstance)
            .map(Figure.Pictures.class::cast)
            .filter(pictures -> pictures.shape().channels() == 1)
            .findFirst()
            .orElseThrow();
    float[] mask = masks.pictures().get("blob" + TinyScene.TARGET);
    double corner = 0;
    double all = 0;
    for (int i = 0; i < mask.length; i++) {
      all += mask[i];
      corner += i / 16 >= 11 && i % 16 >= 11 ? mask[i] : 0;
    }
    return corner / all;
  }

  @Test
  void cleanModel_isMostlyNotFlagged_andThenNotChanged() {
    try (TensorScope scope = TensorScope.open()) {
      int flagged = 0;
      for (int seed = 0; seed < 4; seed++) {
        ModelVerdict verdict = judge(TinyScene.clean(), new Seed(seed), Map.of());
        flagged += verdict.backdoored() ? 1 : 0;
        assertThat(verdict.repaired().isPresent()).isEqualTo(verdict.backdoored());
        assertThat(verdict.evidence().notes().stream().anyMatch(n -> n.startsWith("Not detected")))
            .isEqualTo(!verdict.backdoored());
      }

      assertThat(flagged).as("of 4 seeds").isLessThanOrEqualTo(1);
    }
  }

  @Test
  void repair_canBeLeftOut() {
    try (TensorScope scope = TensorScope.open()) {
      ModelVerdict verdict =
          judge(TinyScene.backdoored(), SEED, Map.of("repair", "none", "threshold", "0.01"));

      assertThat(verdict.backdoored()).isTrue();
      assertThat(verdict.repaired()).isEmpty();
    }
  }

  @Test
  void pruning_takesTheBackdoorOut() {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();

      ModelVerdict verdict = judge(scene, SEED, Map.of("repair", "pruning"));

      Network repaired = verdict.repaired().orElseThrow();
      assertThat(scene.attackSuccess(repaired)).isLessThan(0.2);
      assertThat(scene.cleanAccuracy(repaired))
          .isGreaterThanOrEqualTo(0.9 * scene.cleanAccuracy(scene.model()));
      assertThat(verdict.variants()).isPresent();
      assertThat(verdict.evidence().numbers().get("reversed_trigger_success_pruned"))
          .isLessThanOrEqualTo(0.05);
    }
  }

  @Test
  void filter_rejectsTriggeredInputs_andRepairsNothing() {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();

      ModelVerdict verdict = judge(scene, SEED, Map.of("repair", "filter"));

      assertThat(verdict.backdoored()).isTrue();
      assertThat(verdict.repaired()).isEmpty();
      SampleScores filtered = verdict.sampleScores().orElseThrow();
      boolean[] triggered = new boolean[filtered.scores().length];
      Arrays.fill(triggered, scene.test().size(), triggered.length, true);
      assertThat(Ranking.auroc(filtered.scores(), triggered)).isGreaterThan(0.9);
    }
  }

  @Test
  void needs_followTheRepair() {
    assertThat(strategy().needs(options(Map.of()))).isEqualTo(strategy().needs());
    assertThat(strategy().needs(options(Map.of("repair", "filter"))))
        .contains(DefenderAccess.RUNTIME_INPUTS);
    assertThat(strategy().needs(options(Map.of("repair", "pruning", "selection", "oracle"))))
        .contains(DefenderAccess.ORACLE);
  }

  @Test
  void evidence_hasNormsMasksAndPatterns() {
    try (TensorScope scope = TensorScope.open()) {
      ModelVerdict verdict = judge(TinyScene.backdoored(), SEED, Map.of("epochs", "2"));

      assertThat(verdict.evidence().numbers())
          .containsKeys("median_mask_norm", "flagging_norm", "mask_norm_0", "mask_norm_3")
          .containsEntry("inversion_epochs", 8.0);
      assertThat(verdict.evidence().figures().subList(0, 3))
          .hasExactlyElementsOfTypes(
              Figure.Bars.class, Figure.Pictures.class, Figure.Pictures.class);
    }
  }

  @Test
  void unlearningSet_isFourFifthsClean_andAStampedFifthForEachTrigger() {
    try (TensorScope scope = TensorScope.open()) {
      NeuralCleanse defense = new NeuralCleanse();
      TinyScene scene = TinyScene.backdoored();
      DefenseContext context = TinyContexts.defense(defense, scene, SEED);
      float[] everywhere = new float[256];
      Arrays.fill(everywhere, 1);
      List<ReversedTrigger> found =
          List.of(
              new ReversedTrigger(0, TinyImages.SMALL, everywhere, new float[768], true, 1),
              new ReversedTrigger(1, TinyImages.SMALL, new float[256], new float[768], true, 1));

      ImageDataset set =
          new TriggerUnlearning(context, context.suspect(), options(Map.of())).partlyStamped(found);

      assertThat(set.size()).isEqualTo(80 + 2 * 20);
      assertThat(Tensors.toLongs(set.images().narrow(0, 80, 20))).containsOnly(0);
      long[] labels = set.labelValues();
      assertThat(Arrays.copyOfRange(labels, 80, 100))
          .as("the same true labels for each trigger")
          .isEqualTo(Arrays.copyOfRange(labels, 100, 120));
      for (int label = 0; label < 4; label++) {
        int wanted = label;
        assertThat(Arrays.stream(labels, 0, 100).filter(l -> l == wanted).count())
            .isEqualTo(scene.holdout().count(label));
      }
    }
  }

  @Test
  void twoClasses_cannotBeCompared() {
    try (TensorScope scope = TensorScope.open()) {
      ImageDataset two = TinyImages.blobs(TinyImages.spec(TinyImages.SMALL, 2), 10, SEED);
      Network network = new TinyNetwork(NetworkSpec.of(two.spec())).initialize(SEED);
      DefenseContext context =
          new DefenseContext(
              strategy(),
              two.spec(),
              new DefenseContext.Materials(
                  network, Optional.empty(), Optional.of(two), Optional.empty()),
              TinyNetwork.victim(two.spec(), TinyNetwork.plan(1)),
              Workbench.simple(ComputeDevice.CPU, SEED));

      assertThatThrownBy(() -> strategy().defend(context, options(Map.of())))
          .isInstanceOf(NotApplicableException.class)
          .hasMessageContaining("at least 3");
    }
  }

  @Test
  void options_outOfRange_areNamed() {
    assertThatThrownBy(() -> options(Map.of("success_rate", "98")))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("success_rate must lie in (0, 1], but was 98.0");
    assertThatThrownBy(() -> options(Map.of("cost_multiplier", "1")))
        .hasMessageContaining("cost_multiplier must be above 1");
  }

  @Test
  void fidelity_isAnOption() {
    assertThat(options(Map.of("fidelity", "backdoorbench")).fidelity())
        .isEqualTo(Fidelity.BACKDOORBENCH);
  }
}
