package io.github.backdoor4j.defenses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.spi.DefenseOutcome.RepairedModel;
import io.github.backdoor4j.core.spi.Evidence;
import io.github.backdoor4j.core.spi.Fidelity;
import io.github.backdoor4j.core.spi.Figure;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.train.OptimizerSpec;
import io.github.backdoor4j.core.train.ScheduleSpec;
import io.github.backdoor4j.core.train.TrainingPlan;
import io.github.backdoor4j.testkit.DefenseStrategyContract;
import io.github.backdoor4j.testkit.TinyContexts;
import io.github.backdoor4j.testkit.TinyImages;
import io.github.backdoor4j.testkit.TinyNetwork;
import io.github.backdoor4j.testkit.TinyScene;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FtSamTest implements DefenseStrategyContract<FtSam.Options> {

  private static final TrainingPlan PER_STEP =
      TinyNetwork.plan(10).withSchedule(new ScheduleSpec.CosinePerStep(100, 0));

  @Override
  public FtSam strategy() {
    return new FtSam();
  }

  @Override
  public FtSam.Options options(DatasetSpec data) {
    return options(1, PER_STEP.withEpochs(2));
  }

  private static FtSam.Options options(double rho, TrainingPlan plan) {
    return new FtSam.Options(rho, true, 0.1, 0, true, plan, Fidelity.PAPER);
  }

  private static RepairedModel tune(TinyScene scene, FtSam.Options options) {
    FtSam defense = new FtSam();
    return defense.defend(TinyContexts.defense(defense, scene, SEED), options);
  }

  private static DatasetSpec named(String id) {
    DatasetSpec tiny = TinyImages.spec(TinyImages.CIFAR, 43);
    return new DatasetSpec(
        id, tiny.shape(), tiny.classNames(), tiny.normalization(), tiny.augmentation());
  }

  @ParameterizedTest
  @CsvSource({
    "cifar10, 2, 0.1, 100",
    "cifar100, 2, 0.1, 100",
    "gtsrb, 8, 0, 50",
    "tiny-imagenet, 8, 0, 100",
    "faces, 2, 0.1, 100"
  })
  void defaults_areThePublished(String id, double rho, double smoothing, int epochs) {
    FtSam.Options defaults = strategy().defaults(named(id));

    assertThat(defaults.rho()).isEqualTo(rho);
    assertThat(defaults.smoothing()).isEqualTo(smoothing);
    assertThat(defaults.adaptive()).isTrue();
    assertThat(defaults.gapWeight()).isZero();
    assertThat(defaults.balanced()).isTrue();
    assertThat(defaults.tuning().epochs()).isEqualTo(epochs);
    assertThat(defaults.tuning().batchSize()).isEqualTo(256);
    assertThat(defaults.tuning().optimizer())
        .isEqualTo(new OptimizerSpec.Sgd(0.01, 0.9, 5e-4, false));
    assertThat(defaults.tuning().schedule()).isEqualTo(new ScheduleSpec.CosinePerStep(100, 0));
  }

  @Test
  void backdooredModel_losesItsBackdoorAndKeepsItsAccuracy() {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();
      assertThat(scene.attackSuccess(scene.model())).as("success before").isGreaterThan(0.95);

      Network tuned = tune(scene, options(1, PER_STEP)).network();

      assertThat(scene.attackSuccess(tuned)).isLessThan(0.1);
      assertThat(scene.cleanAccuracy(tuned))
          .isGreaterThanOrEqualTo(scene.cleanAccuracy(scene.model()) - 0.03);
    }
  }

  @Test
  void cleanModel_keepsItsAccuracy() {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.clean();

      Network tuned = tune(scene, options(1, PER_STEP)).network();

      assertThat(scene.cleanAccuracy(tuned))
          .isGreaterThanOrEqualTo(scene.cleanAccuracy(scene.model()) - 0.02);
    }
  }

  /** With all switches off it is plain fine-tuning, bit for bit. */
  @Test
  void radiusZero_isFineTuning() {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();
      TrainingPlan plan = TinyNetwork.plan(3);
      FineTuning plain = new FineTuning();

      Network aware =
          tune(scene, new FtSam.Options(0, true, 0, 0, false, plan, Fidelity.PAPER)).network();

      Network tuned =
          plain
              .defend(
                  TinyContexts.defense(plain, scene, SEED),
                  new FineTuning.Options(plan, Fidelity.PAPER))
              .network();
      aware
          .state()
          .forEach(
              (name, tensor) ->
                  assertThat(tensor.equal(tuned.state().get(name))).as(name).isTrue());
    }
  }

  @Test
  void evidence_showsTheLossHereAndNearby() {
    try (TensorScope scope = TensorScope.open()) {
      Evidence evidence =
          tune(TinyScene.backdoored(), options(1, PER_STEP.withEpochs(2))).evidence();

      assertThat(evidence.numbers())
          .containsEntry("holdout_images", 100.0)
          .containsEntry("tuning_images", 100.0)
          .containsEntry("tuning_epochs", 2.0);
      assertThat(evidence.numbers().get("tuning_perturbed_loss"))
          .isGreaterThan(evidence.numbers().get("tuning_loss"));
      assertThat(((Figure.Curves) evidence.figures().get(0)).series().keySet())
          .containsExactly("loss", "perturbed loss", "accuracy");
    }
  }

  @Test
  void balancedImages_areThoseOfTheRarestQuota_only() {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();
      long[] rows = new long[40]; // 25 of class 0, five of each other class
      for (int i = 0; i < 25; i++) {
        rows[i] = 4L * i;
      }
      for (int i = 0; i < 15; i++) {
        rows[25 + i] = 4L * (i / 3) + 1 + i % 3;
      }

      RepairedModel tuned =
          strategy()
              .defend(
                  TinyContexts.defense(
                      strategy(),
                      scene,
                      scene.materials(scene.model(), scene.holdout().subset(rows)),
                      SEED),
                  options(1, PER_STEP.withEpochs(1)));

      assertThat(tuned.evidence().numbers())
          .containsEntry("holdout_images", 40.0)
          .containsEntry("tuning_images", 25.0); // ten, and five of each other class
    }
  }

  @Test
  void noEpochs_areSaid() {
    try (TensorScope scope = TensorScope.open()) {
      RepairedModel tuned = tune(TinyScene.backdoored(), options(1, PER_STEP.withEpochs(0)));

      assertThat(tuned.evidence().notes()).singleElement().asString().contains("No epoch");
    }
  }

  @Test
  void options_outOfRange_areNamed() {
    assertThatThrownBy(() -> options(-1, PER_STEP))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("rho");
    assertThatThrownBy(() -> new FtSam.Options(1, true, 1, 0, true, PER_STEP, Fidelity.PAPER))
        .isInstanceOf(UsageException.class)
        .hasMessage("smoothing must lie in [0, 1), but was 1.0");
    assertThatThrownBy(() -> new FtSam.Options(1, true, 0, -1, true, PER_STEP, Fidelity.PAPER))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("gap_weight");
  }
}
