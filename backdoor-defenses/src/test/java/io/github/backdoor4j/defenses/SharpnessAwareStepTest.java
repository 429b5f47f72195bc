package io.github.backdoor4j.defenses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.data.Augmentation;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.Taps;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Precision;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.core.train.BatchStep;
import io.github.backdoor4j.core.train.Checkpoints;
import io.github.backdoor4j.core.train.OptimizerSpec;
import io.github.backdoor4j.core.train.ScheduleSpec;
import io.github.backdoor4j.core.train.Trainer;
import io.github.backdoor4j.core.train.TrainingHistory;
import io.github.backdoor4j.core.train.TrainingPlan;
import io.github.backdoor4j.testkit.OneThread;
import io.github.backdoor4j.testkit.TinyScene;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(OneThread.class)
class SharpnessAwareStepTest {

  private static final Seed SEED = new Seed(1);
  private static final LabelSmoothing HARD = new LabelSmoothing(0);

  private TensorScope scope;

  @BeforeEach
  void open() {
    scope = TensorScope.open();
  }

  @AfterEach
  void close() {
    scope.close();
  }

  /** The first two values in one parameter, the third in another: norms are over both. */
  private static Map<String, Tensor> point(double a, double b, double c) {
    Map<String, Tensor> point = new LinkedHashMap<>();
    point.put("weight", Tensors.ofFloats(new float[] {(float) a, (float) b}, 2, 1));
    point.put("bias", Tensors.ofFloats(new float[] {(float) c}));
    return point;
  }

  private static double[] values(Map<String, Tensor> point) {
    double[] two = Tensors.toDoubles(point.get("weight"));
    return new double[] {two[0], two[1], Tensors.toDoubles(point.get("bias"))[0]};
  }

  @Test
  void steepestPoint_isScaledByTheSquareOfEachWeight() {
    Map<String, Tensor> e =
        new SharpnessAwareStep.Ball(2, true).steepest(point(1, -2, 0.5), point(0.3, 0.1, -0.4));

    assertThat(values(e))
        .containsExactly(new double[] {1.45521375, 1.94028500, -0.48507125}, within(1e-6));
  }

  @Test
  void steepestPoint_ofARoundBall_liesAlongTheGradient() {
    Map<String, Tensor> e =
        new SharpnessAwareStep.Ball(2, false).steepest(point(1, -2, 0.5), point(0.3, 0.1, -0.4));

    assertThat(values(e))
        .containsExactly(new double[] {1.17669681, 0.39223227, -1.56892908}, within(1e-6));
  }

  @Test
  void steepestPoint_withoutGradient_isHere() {
    Map<String, Tensor> e =
        new SharpnessAwareStep.Ball(2, true).steepest(point(1, -2, 0.5), point(0, 0, 0));

    assertThat(values(e)).containsOnly(0);
  }

  @Test
  void gap_isTheOrthogonalPartOfThePlainGradient() {
    Map<String, Tensor> result =
        SharpnessAwareStep.withoutGap(point(1, 0, 0), point(0.6, 0.8, 0), 0.2);

    assertThat(values(result)).containsExactly(new double[] {0.472, 0.896, 0}, within(1e-6));
  }

  private static TrainingPlan oneStep(ImageDataset data) {
    return new TrainingPlan(
        1,
        data.size(),
        new OptimizerSpec.Sgd(1, 0, 0, false),
        new ScheduleSpec.Constant(),
        Augmentation.NONE,
        Precision.FP32,
        false);
  }

  private static TrainingHistory fit(Network network, ImageDataset data, BatchStep step) {
    return new Trainer("sam", ComputeDevice.CPU, Checkpoints.none(), List.of())
        .fit(network, data, oneStep(data), step, SEED);
  }

  private static BatchStep step(Network network, double radius, double gapWeight) {
    return new SharpnessAwareStep(
        network, new SharpnessAwareStep.Ball(radius, true), HARD, gapWeight);
  }

  /** What one step at rate 1 without momentum subtracted from the weights. */
  private static Map<String, Tensor> direction(ImageDataset data, double radius, double gap) {
    Network network = TinyScene.backdoored().model().copy();
    Map<String, Tensor> before =
        WeightSpace.each(network.parameters(), weight -> weight.detach().clone());
    fit(network, data, step(network, radius, gap));
    return Tensors.withoutGradients(
        () -> WeightSpace.pairs(before, network.parameters(), Tensor::sub));
  }

  /** The suspect in double precision, to take differences with. */
  private static Network doubles() {
    Network network = TinyScene.backdoored().model().copy();
    network.forEachTensor(tensor -> tensor.set_data(tensor.detach().to(ScalarType.Double)));
    network.training(true);
    return network;
  }

  private static double loss(Network network, ImageDataset data, Map<String, Tensor> at) {
    try (TensorScope inner = TensorScope.open()) {
      return lossTensor(network, data, at).item_double();
    }
  }

  private static Tensor lossTensor(Network network, ImageDataset data, Map<String, Tensor> at) {
    Tensor images = data.spec().normalization().normalize(data.images()).to(ScalarType.Double);
    Map<String, Tensor> values = new LinkedHashMap<>(at);
    network.buffers().forEach((name, buffer) -> values.put(name, buffer.clone()));
    return torch.cross_entropy_loss(network.forward(images, Taps.none(), values), data.labels());
  }

  /**
   * Differences of the loss around θ + e along three directions, with e from the textbook formula;
   * in double precision, while the step itself works in single.
   */
  @ParameterizedTest
  @ValueSource(doubles = {0.5, 2})
  void step_followsTheGradientAtTheSteepestPointNearby(double radius) {
    ImageDataset data = TinyScene.backdoored().holdout();
    Map<String, Tensor> direction =
        WeightSpace.each(direction(data, radius, 0), tensor -> tensor.to(ScalarType.Double));
    Network network = doubles();
    Map<String, Tensor> there = perturbed(network, data, radius);

    for (int k = 0; k < 3; k++) {
      Map<String, Tensor> along = k == 0 ? direction : noise(direction, SEED.child("along", k));
      double length = WeightSpace.norm(along).item_double();
      double h = 1e-5 / length;
      double up = loss(network, data, WeightSpace.mix(new double[] {1, h}, List.of(there, along)));
      double down =
          loss(network, data, WeightSpace.mix(new double[] {1, -h}, List.of(there, along)));
      double slope = (up - down) / 2e-5;
      double claimed = WeightSpace.product(direction, along).item_double() / length;
      double size = WeightSpace.norm(direction).item_double();
      assertThat(claimed).as("slope along %d", k).isCloseTo(slope, within(2e-3 * size));
    }
  }

  /** θ + ρ·θ²⊙g / ‖|θ|⊙g‖ by plain loops over all values. */
  private static Map<String, Tensor> perturbed(Network network, ImageDataset data, double radius) {
    Map<String, Tensor> weights = network.parameters();
    Map<String, Tensor> gradients =
        WeightSpace.gradients(lossTensor(network, data, weights), weights);
    double square = 0;
    for (String name : weights.keySet()) {
      double[] w = Tensors.toDoubles(weights.get(name));
      double[] g = Tensors.toDoubles(gradients.get(name));
      for (int i = 0; i < w.length; i++) {
        square += w[i] * w[i] * g[i] * g[i];
      }
    }
    double factor = radius / Math.sqrt(square);
    return Tensors.withoutGradients(
        () ->
            WeightSpace.pairs(
                weights, gradients, (w, g) -> w.add(w.square().mul(g).mul(new Scalar(factor)))));
  }

  private static Map<String, Tensor> noise(Map<String, Tensor> like, Seed seed) {
    return WeightSpace.each(
        like, tensor -> torch.zeros_like(tensor).normal_(0, 1, Tensors.generator(seed)));
  }

  @Test
  void step_isThatOfPlainDescent_ifTheBallIsAPoint() {
    ImageDataset data = TinyScene.backdoored().holdout();
    Network plain = TinyScene.backdoored().model().copy();
    Network aware = TinyScene.backdoored().model().copy();

    fit(
        plain,
        data,
        (batch, context) ->
            context.crossEntropy(context.forward(plain, batch.images()), batch.labels()));
    fit(aware, data, step(aware, 0, 0));

    assertSameState(aware, plain);
  }

  private static void assertSameState(Network one, Network other) {
    one.state()
        .forEach(
            (name, tensor) -> assertThat(tensor.equal(other.state().get(name))).as(name).isTrue());
  }

  @Test
  void runningStatistics_areThoseOfOnePlainPass() {
    ImageDataset data = TinyScene.backdoored().holdout();
    Network plain = TinyScene.backdoored().model().copy();
    Network aware = TinyScene.backdoored().model().copy();

    fit(
        plain,
        data,
        (batch, context) ->
            context.crossEntropy(context.forward(plain, batch.images()), batch.labels()));
    fit(aware, data, step(aware, 2, 0));

    aware
        .buffers()
        .forEach(
            (name, buffer) ->
                assertThat(buffer.equal(plain.buffers().get(name))).as(name).isTrue());
    assertThat(aware.parameters().get("conv1.weight").equal(plain.parameters().get("conv1.weight")))
        .as("whether the weights are those of plain descent")
        .isFalse();
  }

  @Test
  void history_holdsTheLossHereAndTheLargerOneNearby() {
    ImageDataset data = TinyScene.backdoored().holdout();
    Network network = TinyScene.backdoored().model().copy();
    Network before = doubles();
    double here = loss(before, data, before.parameters());
    double there = loss(before, data, perturbed(before, data, 2));

    TrainingHistory history = fit(network, data, step(network, 2, 0));

    assertThat(history.curve("loss")[0]).isCloseTo(here, within(1e-5));
    assertThat(history.curve("perturbed_loss")[0])
        .isCloseTo(there, within(1e-3))
        .isGreaterThan(here);
    assertThat(history.curve("accuracy")[0]).isGreaterThan(0.9);
  }

  @Test
  void gapWeight_subtractsFromTheDirection() {
    ImageDataset data = TinyScene.backdoored().holdout();
    Map<String, Tensor> plain = direction(data, 0, 0);
    Map<String, Tensor> perturbed = direction(data, 1, 0);

    Map<String, Tensor> direction = direction(data, 1, 0.5);

    Map<String, Tensor> expected = SharpnessAwareStep.withoutGap(plain, perturbed, 0.5);
    assertThat(WeightSpace.distance(direction, expected))
        .isLessThan(1e-4 * WeightSpace.norm(expected).item_double());
    assertThat(WeightSpace.distance(direction, perturbed))
        .isGreaterThan(1e-3 * WeightSpace.norm(perturbed).item_double());
  }
}
