package io.github.backdoor4j.defenses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.Passes;
import io.github.backdoor4j.core.spi.DefenderAccess;
import io.github.backdoor4j.core.spi.DefenseOutcome.RepairedModel;
import io.github.backdoor4j.core.spi.Fidelity;
import io.github.backdoor4j.core.spi.Figure;
import io.github.backdoor4j.core.spi.Selection;
import io.github.backdoor4j.core.spi.Variants;
import io.github.backdoor4j.core.spi.Workload;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.train.Checkpoints;
import io.github.backdoor4j.core.train.OptimizerSpec;
import io.github.backdoor4j.core.train.ScheduleSpec;
import io.github.backdoor4j.core.train.Trainer;
import io.github.backdoor4j.core.train.TrainingPlan;
import io.github.backdoor4j.testkit.DefenseStrategyContract;
import io.github.backdoor4j.testkit.TinyContexts;
import io.github.backdoor4j.testkit.TinyImages;
import io.github.backdoor4j.testkit.TinyNetwork;
import io.github.backdoor4j.testkit.TinyScene;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModeConnectivityRepairTest
    implements DefenseStrategyContract<ModeConnectivityRepair.Options> {

  /** Far enough from the suspect, whose clean loss is near zero, that the ends differ. */
  private static final TrainingPlan FAR =
      TinyNetwork.plan(6)
          .withBatchSize(8)
          .withOptimizer(new OptimizerSpec.Sgd(0.2, 0.9, 5e-4, false));

  @Override
  public ModeConnectivityRepair strategy() {
    return new ModeConnectivityRepair();
  }

  @Override
  public ModeConnectivityRepair.Options options(DatasetSpec data) {
    return options(TinyNetwork.plan(2), 0.1, Selection.FIXED, Fidelity.PAPER);
  }

  @Override
  @Test
  @Tag("long") // the stand-in device takes a minute
  public void defend_onAnotherDevice_mixesNothing() {
    DefenseStrategyContract.super.defend_onAnotherDevice_mixesNothing();
  }

  private static ModeConnectivityRepair.Options options(
      TrainingPlan plan, double t, Selection selection, Fidelity fidelity) {
    return new ModeConnectivityRepair.Options(
        plan, plan, CurveShape.BEZIER, t, selection, 0.1, 0.2, 3, fidelity);
  }

  private static RepairedModel repair(TinyScene scene, ModeConnectivityRepair.Options options) {
    ModeConnectivityRepair defense = new ModeConnectivityRepair();
    return defense.defend(
        TinyContexts.defense(defense, options, scene, scene.materials(), SEED), options);
  }

  private static RepairedModel repair(double t) {
    return repair(
        TinyScene.backdoored(), options(TinyNetwork.plan(1), t, Selection.FIXED, Fidelity.PAPER));
  }

  @Test
  void defaults_areAHundredEpochsEach_atATenthOfTheWay() {
    ModeConnectivityRepair.Options defaults =
        strategy().defaults(TinyImages.spec(TinyImages.CIFAR, 10));

    assertThat(defaults.t()).isEqualTo(0.1);
    assertThat(defaults.shape()).isEqualTo(CurveShape.BEZIER);
    assertThat(defaults.selection()).isEqualTo(Selection.FIXED);
    assertThat(defaults.endpoint().epochs()).isEqualTo(100);
    assertThat(defaults.endpoint().batchSize()).isEqualTo(128);
    assertThat(defaults.endpoint().schedule()).isEqualTo(new ScheduleSpec.Cosine(100, 0));
    assertThat(defaults.bend().epochs()).isEqualTo(100);
    assertThat(defaults.bend().schedule()).isEqualTo(new ScheduleSpec.LinearDecay(50, 90, 0.01));
    assertThat(defaults.bend().optimizer())
        .isEqualTo(new OptimizerSpec.Sgd(0.01, 0.9, 5e-4, false));
  }

  /** The benchmark trains the bend at 3e-5, whose gradients it never sets back. */
  @Test
  void bendOfTheBenchmark_isTrainedAtItsOwnRate() {
    ModeConnectivityRepair.Options paper =
        strategy().defaults(TinyImages.spec(TinyImages.CIFAR, 10));
    ModeConnectivityRepair.Options benchmark =
        options(paper.bend(), 0.1, Selection.FIXED, Fidelity.BACKDOORBENCH);

    assertThat(paper.bendPlan()).isEqualTo(paper.bend());
    assertThat(benchmark.bendPlan().optimizer().learningRate()).isCloseTo(3e-5, within(1e-12));
    assertThat(benchmark.endpoint().optimizer().learningRate()).isEqualTo(0.01);
  }

  private static void assertSameWeights(Network one, Network other) {
    one.parameters()
        .forEach(
            (name, weight) ->
                assertThat(weight.equal(other.parameters().get(name))).as(name).isTrue());
  }

  @Test
  void startOfTheCurve_hasTheWeightsOfTheSuspect() {
    try (TensorScope scope = TensorScope.open()) {
      assertSameWeights(repair(0).network(), TinyScene.backdoored().model());
    }
  }

  @Test
  void endOfTheCurve_hasTheWeightsOfTheFineTunedSuspect() {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();
      Network tuned = scene.model().copy();
      new Trainer("endpoint", ComputeDevice.CPU, Checkpoints.none(), List.of())
          .fit(tuned, scene.holdout(), TinyNetwork.plan(1), SEED.child("endpoint"));

      assertSameWeights(repair(1).network(), tuned);
    }
  }

  /** In the paper's way its own statistics, in the benchmark's the drift of the training and on. */
  @Test
  void runningStatistics_areEstimatedAnew_orMoveOn() {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();
      TrainingPlan untrained = TinyNetwork.plan(0);
      Network anew =
          repair(scene, options(untrained, 0, Selection.FIXED, Fidelity.PAPER)).network();
      Network moved =
          repair(scene, options(untrained, 0, Selection.FIXED, Fidelity.BACKDOORBENCH)).network();
      RunningStatistics statistics =
          new RunningStatistics(
              scene.holdout(), 32, untrained.augmentation(), SEED.child("statistics"));
      Network expectedAnew = scene.model().copy();
      statistics.estimateAnew(expectedAnew);
      Network expectedMoved = scene.model().copy();
      statistics.moveOn(expectedMoved);

      for (String name : anew.buffers().keySet()) {
        assertThat(anew.buffers().get(name).equal(expectedAnew.buffers().get(name)))
            .as("%s estimated anew", name)
            .isTrue();
        assertThat(moved.buffers().get(name).equal(expectedMoved.buffers().get(name)))
            .as("%s moved on", name)
            .isTrue();
      }
    }
  }

  @Test
  void variants_areTheModelsAlongTheCurve_theChosenOneAmongThem() {
    try (TensorScope scope = TensorScope.open()) {
      RepairedModel repaired = repair(0.1);

      Variants variants = repaired.variants().orElseThrow();
      assertThat(variants.positions()).containsExactly(0.0, 0.1, 0.5, 1.0);
      assertThat(variants.chosen()).isEqualTo(1);
      Network chosen = variants.model().apply(1);
      assertThat(chosen).isNotSameAs(repaired.network());
      repaired
          .network()
          .state()
          .forEach(
              (name, tensor) ->
                  assertThat(tensor.equal(chosen.state().get(name))).as(name).isTrue());
      assertSameWeights(variants.model().apply(0), TinyScene.backdoored().model());
    }
  }

  @Test
  void evidence_showsTheCurveAndHowFarTheModelIsFromItsEnds() {
    try (TensorScope scope = TensorScope.open()) {
      RepairedModel repaired = repair(0.1);

      assertThat(repaired.evidence().numbers())
          .containsEntry("t", 0.1)
          .containsEntry("endpoint_images", 100.0)
          .containsKeys("endpoint_loss", "bend_loss", "chosen_accuracy");
      assertThat(repaired.evidence().numbers().get("distance_to_suspect"))
          .isPositive()
          .isLessThan(repaired.evidence().numbers().get("distance_to_endpoint"));
      Figure.Curves curve = (Figure.Curves) repaired.evidence().figures().get(0);
      assertThat(curve.x()).containsExactly(0.0, 0.1, 0.5, 1.0);
      assertThat(curve.series().keySet()).containsExactly("accuracy", "loss", "chosen");
      assertThat(repaired.evidence().figures()).hasSize(3);
    }
  }

  @Test
  void choiceOnTheHoldout_goesAsFarAsAccuracyAllows_andTheBackdoorIsGone() {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();
      assertThat(scene.attackSuccess(scene.model())).as("success before").isGreaterThan(0.95);

      RepairedModel repaired =
          repair(scene, options(FAR, 0.1, Selection.CLEAN_HOLDOUT, Fidelity.PAPER));

      assertThat(repaired.evidence().numbers())
          .containsEntry("t", 0.5) // of 0, 0.1, 0.5 and 1, which is plain fine-tuning
          .containsEntry("endpoint_images", 80.0);
      assertThat(repaired.evidence().notes())
          .singleElement()
          .asString()
          .contains("20 clean images");
      assertThat(scene.attackSuccess(repaired.network())).isLessThan(0.1);
      assertThat(scene.cleanAccuracy(repaired.network()))
          .isGreaterThanOrEqualTo(scene.cleanAccuracy(scene.model()) - 0.03);
    }
  }

  @Test
  void cleanModel_keepsItsAccuracy() {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.clean();

      RepairedModel repaired =
          repair(scene, options(FAR, 0.1, Selection.CLEAN_HOLDOUT, Fidelity.PAPER));

      assertThat(scene.cleanAccuracy(repaired.network()))
          .isGreaterThanOrEqualTo(scene.cleanAccuracy(scene.model()) - 0.03);
    }
  }

  @Test
  void oracle_takesThePointWithTheLeastAttackSuccess_andIsAskedForByName() {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();
      ModeConnectivityRepair.Options options = options(FAR, 0.1, Selection.ORACLE, Fidelity.PAPER);

      RepairedModel repaired = repair(scene, options);

      assertThat(strategy().needs(options)).contains(DefenderAccess.ORACLE);
      double chosen = scene.attackSuccess(repaired.network());
      Variants variants = repaired.variants().orElseThrow();
      for (int i = 0; i < variants.positions().size(); i++) {
        assertThat(chosen).isLessThanOrEqualTo(scene.attackSuccess(variants.model().apply(i)));
      }
    }
  }

  /** Four points, one of them the end: two passes over the holdout for each look, one to return. */
  @ParameterizedTest
  @CsvSource({"FIXED, 400, 900", "CLEAN_HOLDOUT, 320, 780"})
  void expectedPasses_countEveryLookAtTheCurve(
      Selection selection, double trained, double inferred) {
    Workload load = new Workload(1000, 100, 0, 4);

    Passes passes =
        strategy()
            .expectedPasses(options(TinyNetwork.plan(2), 0.1, selection, Fidelity.PAPER), load)
            .orElseThrow();

    assertThat(passes.withGradient()).isEqualTo(trained);
    assertThat(passes.images() - trained).isEqualTo(inferred);
  }

  @Test
  void options_outOfRange_areNamed() {
    TrainingPlan plan = TinyNetwork.plan(1);
    assertThatThrownBy(() -> options(plan, 1.5, Selection.FIXED, Fidelity.PAPER))
        .isInstanceOf(UsageException.class)
        .hasMessage("t must lie in [0.0, 1.0], but was 1.5");
    assertThatThrownBy(
            () ->
                new ModeConnectivityRepair.Options(
                    plan, plan, CurveShape.BEZIER, 0.1, Selection.FIXED, 0.1, 1, 3, Fidelity.PAPER))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("kept_back");
    assertThatThrownBy(
            () ->
                new ModeConnectivityRepair.Options(
                    plan,
                    plan,
                    CurveShape.BEZIER,
                    0.1,
                    Selection.FIXED,
                    0.1,
                    0.2,
                    1,
                    Fidelity.PAPER))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("points");
  }
}
