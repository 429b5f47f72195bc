package io.github.backdoor4j.defenses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.Passes;
import io.github.backdoor4j.core.spi.DefenseContext;
import io.github.backdoor4j.core.spi.DefenseOutcome.RepairedModel;
import io.github.backdoor4j.core.spi.Fidelity;
import io.github.backdoor4j.core.spi.Workload;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.core.train.OptimizerSpec;
import io.github.backdoor4j.core.train.ScheduleSpec;
import io.github.backdoor4j.core.train.TrainingPlan;
import io.github.backdoor4j.testkit.DefenseStrategyContract;
import io.github.backdoor4j.testkit.TinyContexts;
import io.github.backdoor4j.testkit.TinyImages;
import io.github.backdoor4j.testkit.TinyNetwork;
import io.github.backdoor4j.testkit.TinyScene;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

class FineTuningTest implements DefenseStrategyContract<FineTuning.Options> {

  private static final OptimizerSpec.Sgd STILL = new OptimizerSpec.Sgd(0, 0.9, 5e-4, false);

  @Override
  public FineTuning strategy() {
    return new FineTuning();
  }

  @Override
  public FineTuning.Options options(DatasetSpec data) {
    return options(TinyNetwork.plan(2));
  }

  private static FineTuning.Options options(TrainingPlan plan) {
    return new FineTuning.Options(plan, Fidelity.PAPER);
  }

  private static RepairedModel tune(TinyScene scene, TrainingPlan plan) {
    FineTuning defense = new FineTuning();
    DefenseContext context = TinyContexts.defense(defense, scene, SEED);
    return defense.defend(context, options(plan));
  }

  @Test
  void defaults_areTheBenchmarks() {
    TrainingPlan plan = strategy().defaults(TinyImages.spec(TinyImages.CIFAR, 10)).tuning();

    assertThat(plan.epochs()).isEqualTo(100);
    assertThat(plan.batchSize()).isEqualTo(256);
    assertThat(plan.dropLast()).isFalse();
    assertThat(plan.optimizer()).isEqualTo(new OptimizerSpec.Sgd(0.01, 0.9, 5e-4, false));
    assertThat(plan.schedule()).isEqualTo(new ScheduleSpec.Cosine(100, 0));
  }

  @Test
  void defaults_forTinyImageNet_areLongerOnAPlateauSchedule() {
    DatasetSpec cifar = TinyImages.spec(TinyImages.TINY_IMAGENET, 200);
    DatasetSpec tiny =
        new DatasetSpec(
            "tiny-imagenet",
            cifar.shape(),
            cifar.classNames(),
            cifar.normalization(),
            cifar.augmentation());

    TrainingPlan plan = strategy().defaults(tiny).tuning();

    assertThat(plan.epochs()).isEqualTo(200);
    assertThat(plan.schedule()).isEqualTo(new ScheduleSpec.Plateau(0.1, 10, 1e-4));
  }

  @Test
  void learningRateZero_leavesWeights_butMovesRunningStatistics() {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();

      Network tuned = tune(scene, TinyNetwork.plan(1).withOptimizer(STILL)).network();

      scene
          .model()
          .parameters()
          .forEach(
              (name, weight) ->
                  assertThat(weight.equal(tuned.parameters().get(name))).as(name).isTrue());
      scene
          .model()
          .buffers()
          .forEach(
              (name, statistic) ->
                  assertThat(statistic.equal(tuned.buffers().get(name))).as(name).isFalse());
    }
  }

  /** w − lr·(gradient + 5e-4·w): in the first step the velocity is the gradient itself. */
  @Test
  void oneStep_isThatOfStochasticGradientDescent() {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();
      TrainingPlan oneStep = TinyNetwork.plan(1).withBatchSize(scene.holdout().size());

      Network tuned = tune(scene, oneStep).network();

      Map<String, Tensor> gradients = gradients(scene.model().copy(), scene.holdout());
      for (Map.Entry<String, Tensor> entry : scene.model().parameters().entrySet()) {
        double[] before = Tensors.toDoubles(entry.getValue());
        double[] gradient = Tensors.toDoubles(gradients.get(entry.getKey()));
        double[] after = Tensors.toDoubles(tuned.parameters().get(entry.getKey()));
        for (int i = 0; i < before.length; i++) {
          double expected = before[i] - 0.1 * (gradient[i] + 5e-4 * before[i]);
          assertThat(after[i]).as(entry.getKey()).isCloseTo(expected, within(1e-6));
        }
      }
    }
  }

  private static Map<String, Tensor> gradients(Network network, ImageDataset data) {
    network.training(true);
    Tensor images = data.spec().normalization().normalize(data.images());
    Tensor loss = torch.cross_entropy_loss(network.forward(images), data.labels());
    Map<String, Tensor> parameters = network.parameters();
    Tensor[] values = Tensors.gradients(loss, false, parameters.values().toArray(new Tensor[0]));
    Map<String, Tensor> byName = new LinkedHashMap<>();
    int i = 0;
    for (String name : parameters.keySet()) {
      byName.put(name, values[i++]);
    }
    return byName;
  }

  @Test
  void backdooredModel_keepsItsAccuracyAndLosesSomeOfItsBackdoor() {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();

      RepairedModel tuned = tune(scene, TinyNetwork.plan(30));

      assertThat(scene.cleanAccuracy(tuned.network()))
          .isGreaterThanOrEqualTo(scene.cleanAccuracy(scene.model()) - 0.03);
      assertThat(scene.attackSuccess(tuned.network()))
          .isLessThan(scene.attackSuccess(scene.model()));
    }
  }

  @Test
  void evidence_tellsHowTheTuningWent() {
    try (TensorScope scope = TensorScope.open()) {
      RepairedModel tuned = tune(TinyScene.backdoored(), TinyNetwork.plan(3));

      assertThat(tuned.evidence().numbers())
          .containsEntry("tuning_images", 100.0)
          .containsEntry("tuning_epochs", 3.0)
          .containsKeys("tuning_loss", "tuning_accuracy");
      assertThat(tuned.evidence().figures()).hasSize(1);
    }
  }

  /** Batches of 30, 30, 30 and 10 images, or without the last one. */
  @Test
  void expectedPasses_countTheShortBatch_unlessItIsDropped() {
    Workload load = new Workload(1000, 100, 0, 4);
    TrainingPlan plan = TinyNetwork.plan(5).withBatchSize(30);

    assertThat(strategy().expectedPasses(options(plan), load)).contains(Passes.training(500));
    assertThat(strategy().expectedPasses(options(plan.withDropLast(true)), load))
        .contains(Passes.training(450));
    assertThat(strategy().expectedPasses(options(plan.withBatchSize(256).withDropLast(true)), load))
        .contains(Passes.training(500)); // the only batch is never dropped
  }

  @Test
  void noEpochs_giveTheModelItself() {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();

      RepairedModel tuned = tune(scene, TinyNetwork.plan(0));

      assertThat(Tensors.sha256(tuned.network().parameters().get("conv1.weight")))
          .isEqualTo(Tensors.sha256(scene.model().parameters().get("conv1.weight")));
      assertThat(tuned.evidence().figures()).isEmpty();
      assertThat(tuned.evidence().notes()).singleElement().asString().contains("No epoch");
    }
  }
}
