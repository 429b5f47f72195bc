package io.github.backdoor4j.defenses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.data.Augmentation;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.record.Options;
import io.github.backdoor4j.core.spi.DefenseContext;
import io.github.backdoor4j.core.spi.DefenseOutcome.RepairedModel;
import io.github.backdoor4j.core.spi.Workbench;
import io.github.backdoor4j.core.spi.Workload;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Precision;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.core.train.OptimizerSpec;
import io.github.backdoor4j.core.train.ScheduleSpec;
import io.github.backdoor4j.core.train.TrainingPlan;
import io.github.backdoor4j.testkit.DefenseStrategyContract;
import io.github.backdoor4j.testkit.TinyContexts;
import io.github.backdoor4j.testkit.TinyImages;
import io.github.backdoor4j.testkit.TinyScene;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

class SharedAdversarialUnlearningTest
    implements DefenseStrategyContract<SharedAdversarialUnlearning.Options> {

  private static final Map<String, String> QUICK =
      Map.of("unlearning.epochs", "1", "unlearning.batch_size", "50", "steps", "2");

  @Override
  public SharedAdversarialUnlearning strategy() {
    return new SharedAdversarialUnlearning();
  }

  @Override
  public SharedAdversarialUnlearning.Options options(DatasetSpec data) {
    return Options.bind("sau", strategy().defaults(data), QUICK);
  }

  private static RepairedModel repair(TinyScene scene, Map<String, String> changes) {
    SharedAdversarialUnlearning defense = new SharedAdversarialUnlearning();
    Map<String, String> all = new HashMap<>(QUICK);
    all.putAll(changes);
    DefenseContext context = TinyContexts.defense(defense, scene, SEED);
    return defense.defend(
        context, Options.bind("sau", defense.defaults(scene.training().spec()), all));
  }

  @Test
  void defaults_areTheAuthorsOwn() {
    SharedAdversarialUnlearning.Options options =
        strategy().defaults(TinyImages.spec(TinyImages.CIFAR, 10));

    TrainingPlan plan = options.unlearning();
    assertThat(plan.epochs()).isEqualTo(100);
    assertThat(plan.batchSize()).isEqualTo(256);
    assertThat(plan.optimizer()).isEqualTo(new OptimizerSpec.Adam(1e-4, 0.9, 0.999, 1e-8, 0, true));
    assertThat(plan.schedule()).isEqualTo(new ScheduleSpec.Constant());
    assertThat(plan.augmentation()).isEqualTo(Augmentation.NONE);
    assertThat(plan.dropLast()).isFalse();
    assertThat(options.bound()).isEqualTo(0.2);
    assertThat(options.step()).isEqualTo(0.2);
    assertThat(options.steps()).isEqualTo(5);
    assertThat(options.adversarialWeight()).isEqualTo(0.01);
    assertThat(options.agreementWeight()).isEqualTo(1);
    assertThat(options.cleanWeight()).isEqualTo(1);
    assertThat(options.robustWeight()).isZero();
    assertThat(options.sharedWeight()).isEqualTo(1);
    assertThat(options.trainMode()).isFalse();
  }

  @Test
  void defaults_forTinyImageNet_areTwentyRounds() {
    DatasetSpec spec = TinyImages.spec(TinyImages.TINY_IMAGENET, 200);
    DatasetSpec tiny =
        new DatasetSpec(
            "tiny-imagenet",
            spec.shape(),
            spec.classNames(),
            spec.normalization(),
            spec.augmentation());

    assertThat(strategy().defaults(tiny).unlearning().epochs()).isEqualTo(20);
  }

  @Test
  void sixteenBitPlans_areRefused() {
    SharedAdversarialUnlearning.Options options = options(TinyImages.spec(TinyImages.CIFAR, 10));

    assertThatThrownBy(() -> Options.bind("sau", options, Map.of("unlearning.precision", "bf16")))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("unlearning.precision")
        .hasMessageContaining(Precision.BF16.toString());
  }

  @Test
  void oneSearchStepFromTheUpperCorner_leavesPixelsThereOrAtZero() {
    try (TensorScope scope = TensorScope.open()) {
      Tensor images = torch.zeros(3, 3, 4, 4);
      Tensor pull = Tensors.uniform(Tensors.generator(SEED), -1, 1, 3, 3, 4, 4);
      ProjectedDescent search =
          Options.bind("sau", options(TinyImages.spec(TinyImages.CIFAR, 10)), Map.of("steps", "1"))
              .search();

      float[] delta =
          Tensors.toFloats(
              search.search(images, Tensors.generator(SEED), d -> Optional.of(d.mul(pull).sum())));

      assertThat(delta).containsOnly(0, 0.2f).contains(0).contains(0.2f);
    }
  }

  @Test
  void evaluationMode_leavesRunningStatisticsAsTheyWere_trainingModeMovesThem() {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();

      Network still = repair(scene, Map.of()).network();
      Network moved = repair(scene, Map.of("train_mode", "true")).network();

      scene
          .model()
          .buffers()
          .forEach(
              (name, statistic) -> {
                assertThat(statistic.equal(still.buffers().get(name))).as(name).isTrue();
                assertThat(statistic.equal(moved.buffers().get(name))).as(name).isFalse();
              });
    }
  }

  /** Adam's first step goes by the gradient's sign: the same as without the unlearning term. */
  @Test
  void withoutFooledImages_onlyCrossEntropyActs() {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();
      Map<String, String> harmless = Map.of("bound", "1e-6", "step", "1e-6");

      RepairedModel repaired = repair(scene, harmless);
      Map<String, String> plain = new HashMap<>(harmless);
      plain.put("shared_weight", "0");

      assertThat(repaired.evidence().numbers()).containsEntry("unlearnt_examples_last", 0.0);
      assertThat(repaired.evidence().notes()).singleElement().asString().contains("nothing was");
      assertSame(repaired.network(), repair(scene, plain).network());
    }
  }

  @Test
  void original_standsStillWhileTheModelMoves() {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();
      Network network = scene.model().copy();
      Network original = scene.model().copy();
      original.requireGradients(false);
      SharedAdversarialUnlearning.Options options = options(scene.training().spec());
      SharedUnlearningStep step =
          new SharedUnlearningStep(network, original, scene.holdout(), new long[0], options);

      Workbench.simple(ComputeDevice.CPU, SEED)
          .trainer("unlearning")
          .fit(network, scene.holdout(), options.unlearning(), step, SEED);

      assertSame(original, scene.model());
      assertThat(original.buffers().get("bn1.running_mean"))
          .satisfies(
              mean ->
                  assertThat(mean.equal(scene.model().buffers().get("bn1.running_mean"))).isTrue());
      assertThat(
              network
                  .parameters()
                  .get("conv1.weight")
                  .equal(scene.model().parameters().get("conv1.weight")))
          .isFalse();
    }
  }

  private static void assertSame(Network one, Network other) {
    one.parameters()
        .forEach(
            (name, weight) ->
                assertThat(weight.equal(other.parameters().get(name))).as(name).isTrue());
  }

  @Test
  void augmentedImages_areLabelledByTheOriginalAnew() {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();
      Map<String, String> flips = Map.of("unlearning.augmentation.horizontal_flip", "true");
      SharedAdversarialUnlearning.Options options =
          Options.bind("sau", options(scene.training().spec()), flips);
      DefenseContext context = TinyContexts.defense(strategy(), scene, SEED);

      strategy().defend(context, options);

      assertThat(context.passes().images())
          .isEqualTo(
              strategy()
                  .expectedPasses(options, new Workload(1000, 100, 0, 4))
                  .orElseThrow()
                  .images());
    }
  }

  @Test
  void backdooredModel_losesItsBackdoorAndKeepsItsAccuracy() {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();
      Map<String, String> settings =
          Map.of(
              "unlearning.epochs", "10",
              "unlearning.batch_size", "25",
              "unlearning.optimizer.learning_rate", "1e-2",
              "bound", "0.1",
              "step", "0.05",
              "steps", "5");

      RepairedModel repaired = repair(scene, settings);

      assertThat(scene.attackSuccess(repaired.network())).isLessThan(0.1);
      assertThat(scene.cleanAccuracy(repaired.network()))
          .isGreaterThanOrEqualTo(scene.cleanAccuracy(scene.model()) - 0.03);
      assertThat(repaired.evidence().numbers())
          .containsEntry("unlearning_epochs", 10.0)
          .containsEntry("unlearning_images", 100.0);
      assertThat(repaired.evidence().numbers().get("unlearning_term_last"))
          .isLessThan(repaired.evidence().numbers().get("unlearning_term_first"));
      assertThat(repaired.evidence().figures()).hasSize(2);
    }
  }
}
