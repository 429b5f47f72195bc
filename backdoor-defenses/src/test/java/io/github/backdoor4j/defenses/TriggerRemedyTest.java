package io.github.backdoor4j.defenses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.backdoor4j.core.NotApplicableException;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.record.Options;
import io.github.backdoor4j.core.spi.DefenseContext;
import io.github.backdoor4j.core.spi.DefenseOutcome.SampleScores;
import io.github.backdoor4j.core.spi.Variants;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.testkit.TinyContexts;
import io.github.backdoor4j.testkit.TinyImages;
import io.github.backdoor4j.testkit.TinyScene;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

/** Pruning and filter against triggers that are known, without a search for them. */
class TriggerRemedyTest {

  private static final Seed SEED = new Seed(1);
  private static final int SIDE = 16;
  private static final int CORNER = SIDE - 3;

  /** The trigger of the tiny scene as a perfect inversion would find it. */
  private static ReversedTrigger trueTrigger() {
    float[] mask = new float[SIDE * SIDE];
    for (int i = 0; i < mask.length; i++) {
      mask[i] = i / SIDE >= CORNER && i % SIDE >= CORNER ? 1 : 0;
    }
    float[] white = new float[3 * SIDE * SIDE];
    Arrays.fill(white, 1);
    return new ReversedTrigger(TinyScene.TARGET, TinyImages.SMALL, mask, white, true, 1);
  }

  private static NeuralCleanse.Options options(Map<String, String> changes) {
    NeuralCleanse defense = new NeuralCleanse();
    return Options.bind(
        "test", defense.defaults(TinyScene.backdoored().training().spec()), changes);
  }

  private static DefenseContext context(Network suspect, NeuralCleanse.Options options) {
    TinyScene scene = TinyScene.backdoored();
    return TinyContexts.defense(
        new NeuralCleanse(), options, scene, scene.materials(suspect), SEED);
  }

  private static TriggerRemedy prune(Network suspect, Map<String, String> changes) {
    NeuralCleanse.Options options = options(changes);
    DefenseContext context = context(suspect, options);
    return new TriggerPruning(context, context.suspect(), options).of(List.of(trueTrigger()));
  }

  private static String weights(Network network) {
    StringBuilder hashes = new StringBuilder();
    network.forEachTensor(tensor -> hashes.append(Tensors.sha256(tensor)));
    return hashes.toString();
  }

  /** Accuracy falls by 5.6 % at setting 3 and by 22 % at setting 4. */
  private static int leastHarm(double tolerance, double... success) {
    double[] accuracy = {.90, .90, .90, .85, .70};
    return TriggerPruning.leastHarm(accuracy, success, .05, tolerance);
  }

  @Test
  void pruning_stopsWhereTheTriggerWorksNoMore() {
    assertThat(leastHarm(.1, 1, .8, .05, .01, 0)).as("first at or below 0.05").isEqualTo(2);
    assertThat(leastHarm(.1, 0, 0, 0, 0, 0)).as("it never worked").isZero();
  }

  @Test
  void pruning_takesTheLeastHarm_whereTheTriggerStillWorks() {
    assertThat(leastHarm(.1, 1, .9, .4, .6, 0)).as("the last costs too much").isEqualTo(2);
    assertThat(leastHarm(.5, 1, .9, .4, .6, .3)).as("it may cost that much").isEqualTo(4);
    assertThat(leastHarm(.1, 1, .9, .4, .4, 0)).as("fewer neurons of two").isEqualTo(2);
    assertThat(leastHarm(.1, 1, 1, 1, 1, 0)).as("pruning would not help").isZero();
  }

  @Test
  void pruning_goesOnBehindADipOfAccuracy() {
    double[] accuracy = {.83, .74, .79, .81}; // 11, 5 and 2 % lost
    double[] success = {1, .9, .9, .2};

    assertThat(TriggerPruning.leastHarm(accuracy, success, .05, .1)).isEqualTo(3);
  }

  @Test
  void pruning_takesNothing_ifNoImageWasClassifiedRightly() {
    double[] accuracy = {0, 0, 0};

    assertThat(TriggerPruning.leastHarm(accuracy, new double[] {1, 1, 0}, .05, .1)).isZero();
  }

  @Test
  void neurons_areRankedByTheRiseOfTheirMean() {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();
      NeuralCleanse.Options options = options(Map.of());
      DefenseContext context = context(scene.model(), options);
      ClassifierInputs inputs = new ClassifierInputs(context.suspect(), context);

      TriggerFeatures seen = TriggerFeatures.of(inputs, scene.holdout(), List.of(trueTrigger()));

      Tensor stamped = TinyScene.CORNER_PATCH.stamp(scene.holdout().images(), new long[100]);
      Tensor rise =
          inputs
              .features(stamped, scene.holdout().spec().normalization())
              .mean(0)
              .sub(
                  inputs
                      .features(scene.holdout().images(), scene.holdout().spec().normalization())
                      .mean(0));
      long[] expected = Tensors.toLongs(rise.argsort(0, true));
      assertThat(Arrays.stream(seen.mostDriven(0)).asLongStream().toArray()).isEqualTo(expected);
      assertThat(seen.others(0)).hasSize(75); // of 100 images of four classes
    }
  }

  /** Means move by 0, -4 and 1 under one trigger and by 3, 0 and 0 under another. */
  @Test
  void pruning_takesNeuronsThatMoveFarthest_alsoThoseThatAreDrivenDown() {
    try (TensorScope scope = TensorScope.open()) {
      TriggerFeatures seen =
          new TriggerFeatures(
              TinyScene.backdoored().holdout(),
              List.of(trueTrigger(), trueTrigger()),
              rows(1, 2, 0, 1, 0, 0),
              List.of(rows(1, -3, 1, 1, -3, 1), rows(4, 1, 0, 4, 1, 0)));

      assertThat(TriggerPruning.sweep(seen, 0.4).order()).containsExactly(1, 0, 2);
      assertThat(seen.mostDriven(0)).as("for the filter").containsExactly(2, 0, 1);
    }
  }

  private static Tensor rows(float... values) {
    return Tensors.ofFloats(values).view(2, 3);
  }

  @Test
  void pruning_takesTheBackdoorOut_andReturnsTheChosenVariant() {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();

      TriggerRemedy remedy = prune(scene.model(), Map.of());

      Network repaired = remedy.network().orElseThrow();
      Variants variants = remedy.variants().orElseThrow();
      assertThat(scene.attackSuccess(scene.model())).isGreaterThan(0.9);
      assertThat(scene.attackSuccess(repaired)).isLessThan(0.15);
      assertThat(scene.cleanAccuracy(repaired))
          .isGreaterThanOrEqualTo(0.9 * scene.cleanAccuracy(scene.model()));
      assertThat(weights(variants.model().apply(0))).isEqualTo(weights(scene.model()));
      assertThat(weights(variants.model().apply(variants.chosen()))).isEqualTo(weights(repaired));
    }
  }

  @Test
  void pruning_ofAModelWithoutThisBackdoor_changesNothing_andSaysSo() {
    try (TensorScope scope = TensorScope.open()) {
      Network clean = TinyScene.clean().model();

      TriggerRemedy remedy = prune(clean, Map.of());

      assertThat(weights(remedy.network().orElseThrow())).isEqualTo(weights(clean));
      assertThat(remedy.evidence().notes()).anyMatch(note -> note.startsWith("No neuron was"));
    }
  }

  @Test
  void fixedShare_isPruned() {
    try (TensorScope scope = TensorScope.open()) {
      TriggerRemedy remedy =
          prune(
              TinyScene.backdoored().model(),
              Map.of("repair", "pruning", "selection", "fixed", "pruning.pruned_share", "0.25"));

      assertThat(remedy.evidence().numbers())
          .containsEntry("pruned_neurons", 4.0)
          .containsEntry("neurons", 16.0);
    }
  }

  @Test
  void oracle_takesTheLeastAttackSuccess() {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();
      TriggerRemedy chosen =
          prune(scene.model(), Map.of("repair", "pruning", "selection", "oracle"));
      Variants variants = chosen.variants().orElseThrow();
      double before = scene.cleanAccuracy(scene.model());

      double least =
          IntStream.range(0, variants.positions().size())
              .mapToObj(i -> variants.model().apply(i))
              .filter(network -> Math.abs(1 - scene.cleanAccuracy(network) / before) < 0.1)
              .mapToDouble(scene::attackSuccess)
              .min()
              .orElseThrow();

      assertThat(scene.attackSuccess(chosen.network().orElseThrow())).isEqualTo(least);
    }
  }

  @Test
  void keptBackImagesOfTheTriggersClassOnly_areNotApplicable() {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();
      NeuralCleanse.Options options = options(Map.of("pruning.kept_back", "0.1"));
      long[] rows = {0, 4, 8, 12, 16, 20, 24, 28, 32, 1}; // nine of class 0, one of class 1
      DefenseContext context =
          TinyContexts.defense(
              new NeuralCleanse(),
              scene,
              scene.materials(scene.model(), scene.holdout().subset(rows)),
              new Seed(1));

      assertThatThrownBy(
              () ->
                  new TriggerPruning(context, context.suspect(), options)
                      .of(List.of(trueTrigger())))
          .isInstanceOf(NotApplicableException.class)
          .hasMessageContaining("all of class 0");
    }
  }

  /** 20 scores: one in twenty may lie above, so the second largest is the threshold. */
  @Test
  void threshold_leavesTheAllowedShareOfCleanImagesAbove() {
    double[] clean = IntStream.rangeClosed(1, 20).mapToDouble(i -> 21 - i).toArray();

    assertThat(TriggerFilter.threshold(clean, 0.05)).isEqualTo(19);
    assertThat(TriggerFilter.threshold(clean, 0.049)).isEqualTo(20);
    assertThat(TriggerFilter.threshold(clean, 0)).isEqualTo(20);
    assertThat(TriggerFilter.threshold(clean, 0.5)).isEqualTo(10);
  }

  private static TriggerRemedy filter(TinyScene scene, List<ReversedTrigger> found) {
    NeuralCleanse.Options options = options(Map.of("repair", "filter"));
    DefenseContext context =
        TinyContexts.defense(new NeuralCleanse(), options, scene, scene.materials(), SEED);
    return new TriggerFilter(context, context.suspect(), options).of(found);
  }

  @Test
  void filter_catchesTriggeredInputs_atTheAllowedFalseAlarms() {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();

      TriggerRemedy remedy = filter(scene, List.of(trueTrigger()));

      SampleScores scores = remedy.scores().orElseThrow();
      boolean[] triggered = new boolean[scores.scores().length];
      Arrays.fill(triggered, scene.test().size(), triggered.length, true);
      assertThat(remedy.network()).isEmpty();
      assertThat(Ranking.auroc(scores.scores(), triggered)).isGreaterThan(0.95);
      assertThat(remedy.evidence().numbers().get("clean_rejected")).isEqualTo(0.05);
      assertThat(share(scores.flagged(), triggered, true)).isGreaterThan(0.8);
      assertThat(share(scores.flagged(), triggered, false)).isLessThan(0.12);
    }
  }

  private static double share(boolean[] flagged, boolean[] triggered, boolean wanted) {
    return IntStream.range(0, flagged.length)
        .filter(i -> triggered[i] == wanted)
        .mapToDouble(i -> flagged[i] ? 1 : 0)
        .average()
        .orElseThrow();
  }

  @Test
  void filter_withoutATrigger_letsEverythingPass_andSaysSo() {
    try (TensorScope scope = TensorScope.open()) {
      TriggerRemedy remedy = filter(TinyScene.backdoored(), List.of());

      SampleScores scores = remedy.scores().orElseThrow();
      assertThat(scores.scores()).hasSize(350).containsOnly(0);
      assertThat(scores.flagged()).containsOnly(false);
      assertThat(remedy.evidence().notes()).anyMatch(note -> note.contains("every input passes"));
    }
  }
}
