package io.github.backdoor4j.defenses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.data.Normalization;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.Passes;
import io.github.backdoor4j.core.record.Json;
import io.github.backdoor4j.core.record.Options;
import io.github.backdoor4j.core.spi.DefenseContext;
import io.github.backdoor4j.core.spi.DefenseOutcome.RepairedModel;
import io.github.backdoor4j.core.spi.Workbench;
import io.github.backdoor4j.core.tensor.ComputeDevice;
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
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ImplicitHypergradientUnlearningTest
    implements DefenseStrategyContract<ImplicitHypergradientUnlearning.Options> {

  private static final Map<String, String> QUICK =
      Map.of(
          "unlearning.epochs", "1",
          "unlearning.batch_size", "50",
          "perturbed_share", "0.1",
          "iterations", "2");

  @Override
  public ImplicitHypergradientUnlearning strategy() {
    return new ImplicitHypergradientUnlearning();
  }

  @Override
  public ImplicitHypergradientUnlearning.Options options(DatasetSpec data) {
    return options(data, Map.of());
  }

  private static ImplicitHypergradientUnlearning.Options options(
      DatasetSpec data, Map<String, String> changes) {
    Map<String, String> all = new HashMap<>(QUICK);
    all.putAll(changes);
    return Options.bind("i-bau", new ImplicitHypergradientUnlearning().defaults(data), all);
  }

  private static RepairedModel repair(TinyScene scene, Map<String, String> changes) {
    ImplicitHypergradientUnlearning defense = new ImplicitHypergradientUnlearning();
    DefenseContext context = TinyContexts.defense(defense, scene, SEED);
    return defense.defend(context, options(scene.training().spec(), changes));
  }

  @Test
  void defaults_areTheBenchmarks() {
    ImplicitHypergradientUnlearning.Options options =
        strategy().defaults(TinyImages.spec(TinyImages.CIFAR, 10));

    TrainingPlan plan = options.unlearning();
    assertThat(plan.epochs()).isEqualTo(5);
    assertThat(plan.batchSize()).isEqualTo(256);
    assertThat(plan.optimizer()).isEqualTo(new OptimizerSpec.Adam(1e-4, 0.9, 0.999, 1e-8, 0, true));
    assertThat(plan.schedule()).isEqualTo(new ScheduleSpec.Constant());
    assertThat(plan.dropLast()).isFalse();
    assertThat(options.searchRate()).isEqualTo(10);
    assertThat(options.penalty()).isEqualTo(0.001);
    assertThat(options.radius()).isZero();
    assertThat(options.pixelSpace()).isFalse();
    assertThat(options.hypergradient())
        .isEqualTo(
            new Hypergradient(
                Hypergradient.Solver.FIXED_POINT, Hypergradient.Curvature.AUTOGRAD, 5, 0.1));
    assertThat(options.perturbed(256)).isEqualTo(2);
    assertThat(options.perturbed(196)).isEqualTo(1);
    assertThat(options.perturbed(99)).isZero();
  }

  @Test
  void sixteenBitPlans_areRefused() {
    DatasetSpec spec = TinyImages.spec(TinyImages.CIFAR, 10);

    assertThatThrownBy(() -> options(spec, Map.of("unlearning.precision", "bf16")))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("unlearning.precision");
  }

  /** One batch, plain gradient descent from zero: δ = −rate·∇(−CE) with the model's own labels. */
  @Test
  void search_isOneStepPerBatchUpTheCrossEntropyWithTheModelsOwnLabels() {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();
      // labels that the model does not share must not matter
      ImageDataset turned =
          new ImageDataset(
              scene.holdout().spec(),
              scene.holdout().images(),
              scene.holdout().labels().add(new Scalar(1L)).remainder(new Scalar(4L)));

      Tensor delta = searched(scene.model().copy(), turned, Map.of("search_rate", "50"));

      Tensor expected = gradientAtZero(scene.model().copy(), turned).mul(new Scalar(50.0));
      assertThat(delta.allclose(expected, 1e-4, 1e-7, false)).isTrue();
      assertThat(delta.abs().max().item_double()).isGreaterThan(1e-6);
    }
  }

  @Test
  void search_inPixels_followsTheGradientOfPixelsAndStaysInTheBall() {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();
      Map<String, String> pixels = Map.of("search_rate", "50", "pixel_space", "true");
      Map<String, String> bounded = new HashMap<>(pixels);
      bounded.put("search_rate", "1e6");
      bounded.put("radius", "0.5");

      Tensor delta = searched(scene.model().copy(), scene.holdout(), pixels);
      Tensor projected = searched(scene.model().copy(), scene.holdout(), bounded);

      // the deviation is 1/4: a pixel's gradient is four times that of its normalised value
      Tensor expected =
          gradientAtZero(scene.model().copy(), scene.holdout()).mul(new Scalar(4 * 50.0));
      assertThat(delta.allclose(expected, 1e-3, 1e-7, false)).isTrue();
      assertThat(projected.norm().item_double()).isCloseTo(0.5, within(1e-5));
    }
  }

  /** δ after one round in one batch, with weights that stand still. */
  private static Tensor searched(Network network, ImageDataset data, Map<String, String> changes) {
    Map<String, String> still = new HashMap<>(changes);
    still.put("unlearning.batch_size", "100");
    still.put("unlearning.optimizer.learning_rate", "0");
    ImplicitHypergradientUnlearning.Options options = options(data.spec(), still);
    network.training(false);
    UnlearningStep step = new UnlearningStep(network, data, options, SEED, work -> {});
    Workbench.simple(ComputeDevice.CPU, SEED)
        .trainer("unlearning")
        .fit(new FrozenStatistics(network), data, options.unlearning(), step, SEED);
    return step.state().get("perturbation");
  }

  private static Tensor gradientAtZero(Network network, ImageDataset data) {
    network.training(false);
    Normalization normalization = data.spec().normalization();
    Tensor x = normalization.normalize(data.images());
    Tensor delta = torch.zeros(1, 3, 16, 16).set_requires_grad(true);
    Tensor own = AdversarialTuning.labels(network.logits(x));
    Tensor loss = torch.cross_entropy_loss(network.forward(x.add(delta)), own);
    return Tensors.gradients(loss, false, delta)[0];
  }

  @Test
  void runningStatistics_stayAsTheyWere() {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();

      Network repaired = repair(scene, Map.of("unlearning.epochs", "2")).network();

      scene
          .model()
          .buffers()
          .forEach(
              (name, statistic) ->
                  assertThat(statistic.equal(repaired.buffers().get(name))).as(name).isTrue());
      scene
          .model()
          .parameters()
          .forEach(
              (name, weight) ->
                  assertThat(weight.equal(repaired.parameters().get(name))).as(name).isFalse());
    }
  }

  /** All images of the one batch carry δ, so that nothing is drawn; plain gradient descent. */
  @Test
  void step_goesDownTheHypergradient() {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();
      Map<String, String> plain =
          Map.of(
              "unlearning.batch_size", "100",
              "unlearning.optimizer", Json.write(new OptimizerSpec.Sgd(0.01, 0, 0, false)),
              "perturbed_share", "1",
              "search_rate", "3000",
              "solver_rate", "5",
              "iterations", "2");

      Network repaired = repair(scene, plain).network();

      Network model = scene.model().copy();
      Tensor delta = gradientAtZero(model, scene.holdout()).mul(new Scalar(3000.0));
      Tensor[] gradient = hypergradient(model, scene.holdout(), delta, 5, 2);
      Tensor[] constant = hypergradient(model, scene.holdout(), delta, 5, 0);
      double error = 0;
      double correction = 0;
      int i = 0;
      for (String name : model.parameters().keySet()) {
        Tensor moved = model.parameters().get(name).sub(repaired.parameters().get(name));
        Tensor expected = gradient[i].mul(new Scalar(0.01));
        error += moved.sub(expected).square().sum().item_double();
        correction += expected.sub(constant[i], new Scalar(0.01)).square().sum().item_double();
        i++;
      }
      assertThat(Math.sqrt(error / correction)).isLessThan(0.01);
      assertThat(Math.sqrt(correction)).isGreaterThan(1e-4);
    }
  }

  /** By its formula: ∇_θ L_out − rate·∇_θ(∇_δ L_in · v), v ← v − rate·H v + ∇_δ L_out. */
  private static Tensor[] hypergradient(
      Network model, ImageDataset data, Tensor at, double rate, int iterations) {
    Tensor x = data.spec().normalization().normalize(data.images());
    Tensor delta = at.detach().set_requires_grad(true);
    Tensor outer = torch.cross_entropy_loss(model.forward(x.add(delta)), data.labels());
    Tensor inner = outer.neg().add(delta.square().sum(), new Scalar(1e-3));
    Tensor slope = Tensors.gradients(inner, true, delta)[0];
    Tensor pull = Tensors.gradients(outer, true, delta)[0].detach();
    Tensor v = torch.zeros_like(pull);
    for (int k = 0; k < iterations; k++) {
      Tensor curved = Tensors.gradients(slope.mul(v).sum(), true, delta)[0].detach();
      v = v.sub(curved, new Scalar(rate)).add(pull);
    }
    Tensor[] weights = model.parameters().values().toArray(new Tensor[0]);
    Tensor all = outer.sub(slope.mul(v.detach()).sum(), new Scalar(rate));
    return Tensors.gradients(all, true, weights);
  }

  /**
   * 100 images in 2 batches: once without gradient and once with it in the search, once in the
   * outer loss. Per batch, with 2 iterations, by differentiation one pass over the first batch, one
   * product (1.5) and the slope's derivative (2); by differences 2 passes for each of the two.
   */
  @ParameterizedTest
  @CsvSource({"autograd, 750, 650", "finite-differences, 700, 600"})
  void secondDerivatives_areCountedAsWork(String curvature, double images, double withGradient) {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();
      DefenseContext context = TinyContexts.defense(strategy(), scene, SEED);
      ImplicitHypergradientUnlearning.Options options =
          options(scene.training().spec(), Map.of("curvature", curvature));

      strategy().defend(context, options);

      assertThat(context.passes()).isEqualTo(new Passes(images, withGradient));
      assertThat(strategy().expectedPasses(options, scene.workload())).contains(context.passes());
    }
  }

  @Test
  void batchesTooSmallForAnyCarrier_sayThatThisWasFineTuning() {
    try (TensorScope scope = TensorScope.open()) {
      RepairedModel repaired = repair(TinyScene.backdoored(), Map.of("perturbed_share", "0.01"));

      assertThat(repaired.evidence().notes()).singleElement().asString().contains("fine-tuning");
      assertThat(repaired.evidence().numbers()).doesNotContainKey("fooled_last");
    }
  }

  @Test
  void evidence_showsThePerturbationAndWhatItDid() {
    try (TensorScope scope = TensorScope.open()) {
      RepairedModel repaired = repair(TinyScene.backdoored(), Map.of());

      assertThat(repaired.evidence().notes()).isEmpty();
      assertThat(repaired.evidence().numbers())
          .containsEntry("unlearning_images", 100.0)
          .containsEntry("unlearning_epochs", 1.0)
          .containsKeys("fooled_first", "fooled_last", "perturbation_norm_last");
      assertThat(repaired.evidence().figures()).hasSize(3);
    }
  }

  /**
   * Whether the backdoor goes is left to the self-test of defenses, on networks of real size: on
   * this one it hangs on rounding. With these settings one processor ends below 10 % attack success
   * and another at 33 %, and six seeds on one processor between 33 and 65 %.
   */
  @Test
  void backdooredModel_changesAndKeepsItsAccuracy() {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();
      Map<String, String> settings =
          Map.of(
              "unlearning.epochs", "10",
              "unlearning.batch_size", "20",
              "unlearning.optimizer.learning_rate", "3e-3",
              "search_rate", "1000",
              "radius", "15",
              "iterations", "5");

      Network unlearnt = repair(scene, settings).network();

      assertThat(scene.attackSuccess(unlearnt)).isLessThan(scene.attackSuccess(scene.model()));
      assertThat(scene.cleanAccuracy(unlearnt))
          .isGreaterThanOrEqualTo(scene.cleanAccuracy(scene.model()) - 0.03);
    }
  }
}
