package io.github.backdoor4j.defenses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.data.Normalization;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.record.Options;
import io.github.backdoor4j.core.spi.DefenseContext;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.testkit.TinyContexts;
import io.github.backdoor4j.testkit.TinyScene;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

class TriggerInversionTest {

  private static final Seed SEED = new Seed(3);
  private static final int LABEL = 2;
  private static final double COST = 0.05;
  private static final Offset<Float> MASKS = within(1e-3f);
  private static final Normalization NORM = Normalization.uniform(3, 0.5, 0.25);

  private static NeuralCleanse.Options options(Map<String, String> changes) {
    NeuralCleanse defense = new NeuralCleanse();
    Map<String, String> quick =
        new HashMap<>(Map.of("epochs", "3", "batch_size", "20", "images", "0"));
    quick.putAll(changes);
    return Options.bind("test", defense.defaults(TinyScene.backdoored().training().spec()), quick);
  }

  private static List<ReversedTrigger> invert(NeuralCleanse.Options options) {
    TinyScene scene = TinyScene.backdoored();
    DefenseContext context = TinyContexts.defense(new NeuralCleanse(), scene, SEED);
    return new TriggerInversion(context, context.suspect(), context.cleanHoldout(), options)
        .triggers();
  }

  @Test
  void startingMask_isThePublishedOne() {
    try (TensorScope scope = TensorScope.open()) {
      Tensor mask = TriggerInversion.squash(torch.ones(1, 1, 32, 32).to(ScalarType.Double));

      assertThat(Tensors.toDoubles(mask)[0]).isCloseTo(0.88079706, within(5e-9));
      assertThat(mask.sum().item_double()).isCloseTo(901.94, within(5e-3));
    }
  }

  @Test
  void squash_staysWithinZeroAndOne() {
    try (TensorScope scope = TensorScope.open()) {
      Tensor extremes = Tensors.ofFloats(new float[] {-100, 0, 100}).to(ScalarType.Double);
      double[] squashed = Tensors.toDoubles(TriggerInversion.squash(extremes));

      assertThat(squashed[0]).isBetween(1e-9, 1e-7);
      assertThat(squashed[1]).isEqualTo(0.5);
      assertThat(squashed[2]).isBetween(1 - 1e-7, 1 - 1e-9);
    }
  }

  /** x = −1, m = 1/4, p = 3/4 normalised to 1: ¾·(−1) + ¼·1. */
  @Test
  void blend_normalisesThePatternOnly() {
    try (TensorScope scope = TensorScope.open()) {
      Tensor x = torch.full(new long[] {2, 3, 1, 1}, new Scalar(-1.0));
      Tensor mask = torch.full(new long[] {1, 1, 1, 1}, new Scalar(0.25));
      Tensor pattern = torch.full(new long[] {1, 3, 1, 1}, new Scalar(0.75));

      assertThat(Tensors.toFloats(TriggerInversion.blend(x, mask, pattern, NORM)))
          .containsOnly(-0.5f);
    }
  }

  /** Cross entropy of one class plus cost times mask norm, in double precision. */
  private static Tensor objective(Network network, Tensor x, Tensor rawMask, Tensor rawPattern) {
    Tensor mask = TriggerInversion.squash(rawMask);
    Tensor stamped = TriggerInversion.blend(x, mask, TriggerInversion.squash(rawPattern), NORM);
    Tensor wanted = torch.full(new long[] {x.size(0)}, new Scalar((long) LABEL));
    return torch
        .cross_entropy_loss(network.forward(stamped), wanted)
        .add(mask.sum().mul(new Scalar(COST)));
  }

  private static Network inDouble(Network network) {
    network.forEachTensor(tensor -> tensor.set_data(tensor.detach().to(ScalarType.Double)));
    network.training(false);
    network.requireGradients(false);
    return network;
  }

  private static Tensor ones(int channels) {
    return torch.ones(1, channels, 16, 16).to(ScalarType.Double);
  }

  @Test
  void gradientOfMaskAndPattern_agreesWithFiniteDifferences() {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();
      Network network = inDouble(scene.model().copy());
      Tensor x = NORM.normalize(scene.holdout().images().narrow(0, 0, 4)).to(ScalarType.Double);
      Tensor mask = ones(1).set_requires_grad(true);
      Tensor pattern = ones(3).set_requires_grad(true);

      Tensor[] gradients =
          Tensors.gradients(objective(network, x, mask, pattern), false, mask, pattern);

      double[] ofMask = Tensors.toDoubles(gradients[0]);
      double[] ofPattern = Tensors.toDoubles(gradients[1]);
      for (int at : new int[] {0, 17, 136, 255}) {
        double slope =
            slope(h -> objective(network, x, moved(ones(1), at, h), ones(3)).item_double());
        assertThat(ofMask[at]).as("mask %d", at).isCloseTo(slope, within(1e-7));
      }
      for (int at : new int[] {0, 300, 767}) {
        double slope =
            slope(h -> objective(network, x, ones(1), moved(ones(3), at, h)).item_double());
        assertThat(ofPattern[at]).as("pattern %d", at).isCloseTo(slope, within(1e-7));
      }
    }
  }

  private static double slope(java.util.function.DoubleUnaryOperator f) {
    double h = 1e-5;
    return (f.applyAsDouble(h) - f.applyAsDouble(-h)) / (2 * h);
  }

  private static Tensor moved(Tensor tensor, int at, double by) {
    tensor.view(-1).get(at).add_(new Scalar(by));
    return tensor;
  }

  /** Adam's first step moves every value by the learning rate against its gradient's sign. */
  @Test
  void firstStep_goesDownTheObjective() {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();
      int all = scene.holdout().size();
      ReversedTrigger stepped =
          invert(
                  options(
                      Map.of(
                          "epochs", "1",
                          "batch_size", String.valueOf(all),
                          "initial_cost", String.valueOf(COST))))
              .get(LABEL);

      Network network = inDouble(scene.model().copy());
      Tensor x = NORM.normalize(scene.holdout().images()).to(ScalarType.Double);
      Tensor mask = ones(1).set_requires_grad(true);
      Tensor pattern = ones(3).set_requires_grad(true);
      Tensor[] gradients =
          Tensors.gradients(objective(network, x, mask, pattern), false, mask, pattern);

      assertStepped(stepped.mask(), Tensors.toDoubles(gradients[0]));
      assertStepped(stepped.pattern(), Tensors.toDoubles(gradients[1]));
    }
  }

  private static void assertStepped(float[] values, double[] gradient) {
    int checked = 0;
    for (int i = 0; i < values.length; i++) {
      if (Math.abs(gradient[i]) > 1e-5) { // smaller ones are rounding noise in single precision
        double raw = 1 - 0.1 * Math.signum(gradient[i]);
        assertThat((double) values[i]).isCloseTo(Math.tanh(raw) / (2 + 1e-7) + 0.5, within(1e-4));
        checked++;
      }
    }
    assertThat(checked).isGreaterThan(50);
  }

  @Test
  void classesTogetherOrAlone_giveTheSameMasks() {
    try (TensorScope scope = TensorScope.open()) {
      List<ReversedTrigger> alone = invert(options(Map.of("classes_together", "1")));
      List<ReversedTrigger> together = invert(options(Map.of("classes_together", "3")));

      assertThat(alone).hasSize(4);
      for (int label = 0; label < 4; label++) {
        assertThat(together.get(label).label()).isEqualTo(label);
        assertThat(together.get(label).mask()).containsExactly(alone.get(label).mask(), MASKS);
      }
    }
  }

  /** Patience of one epoch ends classes at different times; those left go on as if alone. */
  @Test
  void classesThatAreDone_leaveThePass_andDisturbNoOther() {
    try (TensorScope scope = TensorScope.open()) {
      Map<String, String> impatient =
          Map.of("epochs", "14", "cost_patience", "1", "stop_patience", "1", "stop_share", "0.5");
      List<Integer> alone = epochs(impatient, "1");

      assertThat(epochs(impatient, "4")).isEqualTo(alone);
      assertThat(alone.stream().distinct().count()).as("lengths %s", alone).isGreaterThan(1);
    }
  }

  private static List<Integer> epochs(Map<String, String> changes, String together) {
    Map<String, String> all = new HashMap<>(changes);
    all.put("classes_together", together);
    return invert(options(all)).stream().map(ReversedTrigger::epochs).toList();
  }

  @Test
  void classesPerPass_areAsManyAsGiveAnOrdinaryBatch_unlessTold() {
    assertThat(together("256", "0", 2500)).isEqualTo(1);
    assertThat(together("64", "0", 2500)).isEqualTo(4);
    assertThat(together("8", "0", 2500)).as("no more than there are").isEqualTo(10);
    assertThat(together("256", "0", 50)).as("batches of the 50 images there are").isEqualTo(5);
    assertThat(together("256", "7", 2500)).isEqualTo(7);
    assertThat(together("256", "70", 2500)).isEqualTo(10);
  }

  private static int together(String batch, String asked, int images) {
    return TriggerInversion.together(
        options(Map.of("batch_size", batch, "classes_together", asked)), images, 10);
  }

  @Test
  void network_standsStill() {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();
      DefenseContext context = TinyContexts.defense(new NeuralCleanse(), scene, SEED);
      Network suspect = context.suspect();

      List<ReversedTrigger> triggers =
          new TriggerInversion(context, suspect, context.cleanHoldout(), options(Map.of()))
              .triggers();

      assertThat(triggers).allSatisfy(t -> assertThat(t.epochs()).isEqualTo(3));
      scene
          .model()
          .state()
          .forEach(
              (name, value) ->
                  assertThat(value.equal(suspect.state().get(name))).as(name).isTrue());
    }
  }

  @Test
  void classThatNeverSucceeds_isReportedWithItsFirstMask() {
    try (TensorScope scope = TensorScope.open()) {
      NeuralCleanse.Options hopeless =
          options(Map.of("learning_rate", "1e-9", "epochs", "2", "success_rate", "1"));

      List<ReversedTrigger> triggers = invert(hopeless);

      assertThat(triggers).anyMatch(trigger -> !trigger.reached());
      assertThat(triggers)
          .allSatisfy(t -> assertThat(t.norm()).isCloseTo(256 * 0.88079706, within(0.01)));
    }
  }
}
