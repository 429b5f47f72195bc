package io.github.backdoor4j.defenses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.NotApplicableException;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.nn.FeatureLayout;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.nn.Recorder;
import io.github.backdoor4j.core.spi.DefenseContext;
import io.github.backdoor4j.core.spi.DefenseOutcome.RepairedModel;
import io.github.backdoor4j.core.spi.Fidelity;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.core.train.Checkpoints;
import io.github.backdoor4j.core.train.OptimizerSpec;
import io.github.backdoor4j.core.train.ScheduleSpec;
import io.github.backdoor4j.core.train.Trainer;
import io.github.backdoor4j.core.train.TrainingHistory;
import io.github.backdoor4j.core.train.TrainingPlan;
import io.github.backdoor4j.testkit.DefenseStrategyContract;
import io.github.backdoor4j.testkit.TinyContexts;
import io.github.backdoor4j.testkit.TinyImages;
import io.github.backdoor4j.testkit.TinyNetwork;
import io.github.backdoor4j.testkit.TinyScene;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class NeuralAttentionDistillationTest
    implements DefenseStrategyContract<NeuralAttentionDistillation.Options> {

  private static final List<Double> BETAS = List.of(500.0, 1000.0, 1000.0);
  private static final OptimizerSpec.Sgd STILL = new OptimizerSpec.Sgd(0, 0, 0, false);

  @Override
  public NeuralAttentionDistillation strategy() {
    return new NeuralAttentionDistillation();
  }

  @Override
  public NeuralAttentionDistillation.Options options(DatasetSpec data) {
    return options(TinyNetwork.plan(2), List.of(50.0, 100.0, 100.0), Fidelity.PAPER);
  }

  @Override
  @Test
  @Tag("long") // the stand-in device takes a minute
  public void defend_onAnotherDevice_mixesNothing() {
    DefenseStrategyContract.super.defend_onAnotherDevice_mixesNothing();
  }

  private static NeuralAttentionDistillation.Options options(
      TrainingPlan plan, List<Double> betas, Fidelity fidelity, String... taps) {
    return new NeuralAttentionDistillation.Options(plan, plan, betas, 2, List.of(taps), fidelity);
  }

  private static RepairedModel distil(
      TinyScene scene, Network suspect, NeuralAttentionDistillation.Options options) {
    NeuralAttentionDistillation defense = new NeuralAttentionDistillation();
    return defense.defend(
        TinyContexts.defense(defense, scene, scene.materials(suspect), SEED), options);
  }

  private static List<String> taps(FeatureLayout layout, List<Double> betas, Fidelity fidelity) {
    return NeuralAttentionDistillation.places(layout, options(TinyNetwork.plan(1), betas, fidelity))
        .stream()
        .map(place -> place.tap() + " " + place.weight())
        .toList();
  }

  @Test
  void defaults_areTheBenchmarks() {
    NeuralAttentionDistillation.Options defaults =
        strategy().defaults(TinyImages.spec(TinyImages.CIFAR, 10));

    assertThat(defaults.betas()).isEqualTo(BETAS);
    assertThat(defaults.power()).isEqualTo(2);
    assertThat(defaults.taps()).isEmpty();
    assertThat(defaults.teacher().epochs()).isEqualTo(10);
    assertThat(defaults.teacher().schedule()).isEqualTo(new ScheduleSpec.Cosine(100, 0));
    assertThat(defaults.student().epochs()).isEqualTo(10);
    assertThat(defaults.student().batchSize()).isEqualTo(256);
    assertThat(defaults.student().schedule()).isEqualTo(new ScheduleSpec.Constant());
    assertThat(defaults.student().optimizer())
        .isEqualTo(new OptimizerSpec.Sgd(0.01, 0.9, 5e-4, false));
  }

  /** The stages of a PreAct-ResNet-18. */
  @Test
  void taps_areTheLastStages_inTheBenchmarkAlsoThePooledFeatures() {
    FeatureLayout layout =
        new FeatureLayout("layer4", "avgpool", "linear")
            .withStages(List.of("layer1", "layer2", "layer3", "layer4"), "");

    assertThat(taps(layout, BETAS, Fidelity.PAPER))
        .containsExactly("layer2 500.0", "layer3 1000.0", "layer4 1000.0");
    assertThat(taps(layout, BETAS, Fidelity.BACKDOORBENCH))
        .containsExactly("layer3 500.0", "layer4 1000.0", "avgpool 1000.0");
  }

  @Test
  void taps_ofANetworkWithFewerStages_haveTheLastWeights() {
    FeatureLayout layout =
        new FeatureLayout("b", "pool", "linear").withStages(List.of("a", "b"), "");

    assertThat(taps(layout, List.of(1.0, 2.0, 3.0), Fidelity.PAPER))
        .containsExactly("a 2.0", "b 3.0");
  }

  @Test
  void networkWithoutStages_isNotApplicable_unlessTapsAreNamed() {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();
      Network planted = planted(scene);
      TrainingPlan plan = TinyNetwork.plan(1);

      assertThatThrownBy(() -> distil(scene, planted, options(plan, BETAS, Fidelity.PAPER)))
          .isInstanceOf(NotApplicableException.class)
          .hasMessageContaining("names none")
          .hasMessageContaining("'taps'");
      assertThat(distil(scene, planted, options(plan, List.of(1.0), Fidelity.PAPER, "relu")))
          .isNotNull();
    }
  }

  private static Network planted(TinyScene scene) {
    PlantedNetwork planted = new PlantedNetwork(NetworkSpec.of(scene.training().spec()));
    planted.initialize(SEED);
    return planted;
  }

  /** In the same mode: here the student is its own teacher. */
  @Test
  void studentEqualToItsTeacher_hasNoAttentionToLearn() {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();
      Network network = scene.model().copy();

      TrainingHistory history = distilOnce(network, network, scene.holdout());

      assertThat(history.curve("attention_loss")).containsExactly(0);
      assertThat(history.curve("loss")[0]).isPositive();
    }
  }

  /**
   * Cross entropy in training mode and the two terms, recomputed from the taps of both networks.
   */
  @Test
  void loss_isThatOfTheLabelsAndTheWeightedAttentionTerms() {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();
      Network student = scene.model().copy();
      Network teacher = TinyScene.clean().model().copy();
      String before = state(teacher);

      TrainingHistory history = distilOnce(student, teacher, scene.holdout());

      Network again = scene.model().copy();
      again.training(true);
      Tensor images = scene.holdout().spec().normalization().normalize(scene.holdout().images());
      Recorder learned = new Recorder("relu3", "relu4");
      Tensor logits = again.forward(images, learned.taps());
      Recorder taught = new Recorder("relu3", "relu4");
      teacher.forward(images, taught.taps());
      double labels = torch.cross_entropy_loss(logits, scene.holdout().labels()).item_double();
      double attention =
          500 * difference(learned, taught, "relu3") + 1000 * difference(learned, taught, "relu4");
      assertThat(history.curve("attention_loss")[0]).isCloseTo(attention, within(1e-4));
      assertThat(history.curve("loss")[0]).isCloseTo(labels + attention, within(1e-4));
      assertThat(attention).isGreaterThan(0.1);
      assertThat(state(teacher)).as("the teacher's state").isEqualTo(before);
      student // one pass in training mode, but for rounding: the trainer shuffles
          .buffers()
          .forEach(
              (name, buffer) ->
                  assertThat(buffer.allclose(again.buffers().get(name), 1e-4, 1e-5, false))
                      .as(name)
                      .isTrue());
    }
  }

  private static TrainingHistory distilOnce(Network student, Network teacher, ImageDataset data) {
    AttentionDistillation step =
        new AttentionDistillation(
            student,
            teacher,
            List.of(
                new AttentionDistillation.Place("relu3", 500),
                new AttentionDistillation.Place("relu4", 1000)),
            new AttentionMap(2));
    TrainingPlan plan = TinyNetwork.plan(1).withOptimizer(STILL).withBatchSize(data.size());
    return new Trainer("student", ComputeDevice.CPU, Checkpoints.none(), List.of())
        .fit(student, data, plan, step, SEED);
  }

  private static double difference(Recorder learned, Recorder taught, String tap) {
    AttentionMap attention = new AttentionMap(2);
    return attention
        .of(learned.get(tap))
        .sub(attention.of(taught.get(tap)))
        .square()
        .mean()
        .item_double();
  }

  private static String state(Network network) {
    List<String> hashes = new ArrayList<>();
    network.state().forEach((name, tensor) -> hashes.add(name + Tensors.sha256(tensor)));
    return String.join("\n", hashes);
  }

  @Test
  void backdooredModel_losesItsBackdoorAndKeepsItsAccuracy() {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();

      Network distilled =
          distil(
                  scene,
                  scene.model(),
                  options(TinyNetwork.plan(10), List.of(50.0, 100.0, 100.0), Fidelity.PAPER))
              .network();

      assertThat(scene.attackSuccess(distilled)).isLessThan(0.1);
      assertThat(scene.cleanAccuracy(distilled))
          .isGreaterThanOrEqualTo(scene.cleanAccuracy(scene.model()) - 0.03);
    }
  }

  @Test
  void cleanModel_keepsItsAccuracy() {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.clean();

      Network distilled =
          distil(
                  scene,
                  scene.model(),
                  options(TinyNetwork.plan(10), List.of(50.0, 100.0, 100.0), Fidelity.PAPER))
              .network();

      assertThat(scene.cleanAccuracy(distilled))
          .isGreaterThanOrEqualTo(scene.cleanAccuracy(scene.model()) - 0.02);
    }
  }

  @Test
  void voidTaps_areSaid() {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();
      TrainingPlan plan = TinyNetwork.plan(1);

      List<String> paper =
          distil(scene, scene.model(), options(plan, BETAS, Fidelity.PAPER)).evidence().notes();
      List<String> benchmark =
          distil(scene, scene.model(), options(plan, BETAS, Fidelity.BACKDOORBENCH))
              .evidence()
              .notes();
      List<String> nothing =
          distil(scene, scene.model(), options(plan, List.of(1000.0), Fidelity.PAPER, "features"))
              .evidence()
              .notes();

      assertThat(paper).containsExactly("Attention was compared at relu2, relu3, relu4.");
      assertThat(benchmark).hasSize(2).anyMatch(note -> note.contains("void at features"));
      assertThat(nothing).hasSize(3).anyMatch(note -> note.contains("plain fine-tuning"));
    }
  }

  @Test
  void evidence_tellsOfTeacherAndStudent() {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();

      RepairedModel distilled =
          distil(scene, scene.model(), options(TinyNetwork.plan(2), BETAS, Fidelity.PAPER));

      assertThat(distilled.evidence().numbers())
          .containsEntry("teacher_epochs", 2.0)
          .containsEntry("student_epochs", 2.0)
          .containsKeys("teacher_accuracy", "student_accuracy", "student_attention_loss");
      assertThat(distilled.evidence().figures()).hasSize(2);
    }
  }

  @Test
  void unknownTap_isTheCallersMistake() {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();
      DefenseContext context = TinyContexts.defense(strategy(), scene, SEED);
      NeuralAttentionDistillation.Options options =
          options(TinyNetwork.plan(1), List.of(1.0), Fidelity.PAPER, "layer9");

      assertThatThrownBy(() -> strategy().defend(context, options))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("layer9")
          .hasMessageContaining("relu3");
    }
  }

  @Test
  void options_outOfRange_areNamed() {
    TrainingPlan plan = TinyNetwork.plan(1);
    assertThatThrownBy(() -> options(plan, List.of(), Fidelity.PAPER))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("betas");
    assertThatThrownBy(() -> options(plan, List.of(1.0, -1.0), Fidelity.PAPER))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("each of betas must not be negative, but was -1.0");
    assertThatThrownBy(() -> options(plan, BETAS, Fidelity.PAPER, "layer4"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("1 taps and 3 betas");
    assertThatThrownBy(
            () ->
                new NeuralAttentionDistillation.Options(
                    plan, plan, BETAS, 0.5, List.of(), Fidelity.PAPER))
        .isInstanceOf(UsageException.class)
        .hasMessage("power must be at least 1, but was 0.5");
  }
}
