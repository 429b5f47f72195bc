package io.github.backdoor4j.defenses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.data.Augmentation;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.Taps;
import io.github.backdoor4j.core.spi.Fidelity;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Precision;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.core.train.Batch;
import io.github.backdoor4j.core.train.BatchStream;
import io.github.backdoor4j.core.train.Checkpoints;
import io.github.backdoor4j.core.train.OptimizerSpec;
import io.github.backdoor4j.core.train.ScheduleSpec;
import io.github.backdoor4j.core.train.Trainer;
import io.github.backdoor4j.core.train.TrainingListener;
import io.github.backdoor4j.core.train.TrainingPlan;
import io.github.backdoor4j.testkit.OneThread;
import io.github.backdoor4j.testkit.TinyNetwork;
import io.github.backdoor4j.testkit.TinyScene;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.Assertions;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@ExtendWith(OneThread.class)
class BendTrainingTest {

  private static final Seed SEED = new Seed(4);
  private static final double RATE = 0.05;
  private static final TrainingPlan PLAN =
      new TrainingPlan(
          1,
          50,
          new OptimizerSpec.Sgd(RATE, 0, 0, false),
          new ScheduleSpec.Constant(),
          Augmentation.NONE,
          Precision.FP32,
          false);

  private TensorScope scope;
  private ImageDataset data;

  @BeforeEach
  void open() {
    scope = TensorScope.open();
    data = TinyScene.backdoored().holdout();
  }

  @AfterEach
  void close() {
    scope.close();
  }

  /** From the backdoored model to one without training, so that the loss between them is high. */
  private static WeightCurve curve() {
    TinyScene scene = TinyScene.backdoored();
    Network untrained =
        TinyNetwork.victim(scene.training().spec(), TinyNetwork.plan(1)).newNetwork(SEED);
    return WeightCurve.straight(
        CurveShape.BEZIER,
        WeightSpace.detached(scene.model().parameters()),
        WeightSpace.detached(untrained.parameters()));
  }

  private static Trainer trainer(Checkpoints checkpoints, TrainingListener... listeners) {
    return new Trainer("bend", ComputeDevice.CPU, checkpoints, List.of(listeners));
  }

  private WeightCurve train(TrainingPlan plan, Fidelity fidelity) {
    WeightCurve curve = curve();
    BendTraining training =
        new BendTraining(TinyScene.backdoored().model().copy(), curve, fidelity);
    trainer(Checkpoints.none()).fit(training, data, plan, training, SEED);
    return curve;
  }

  private static Map<String, Tensor> values(Network network, Map<String, Tensor> weights) {
    Map<String, Tensor> values = new LinkedHashMap<>(weights);
    network.buffers().forEach((name, buffer) -> values.put(name, buffer.clone()));
    return values;
  }

  /** Gradient of the loss at θ(t) with respect to θ. */
  private static Map<String, Tensor> gradientAt(WeightCurve curve, double t, Batch batch) {
    Network network = TinyScene.backdoored().model().copy();
    network.training(true);
    Map<String, Tensor> mixed = WeightSpace.leaves(curve.at(t));
    Tensor logits = network.forward(batch.images(), Taps.none(), values(network, mixed));
    return WeightSpace.gradients(torch.cross_entropy_loss(logits, batch.labels()), mixed);
  }

  /**
   * Two steps: φ ← φ − lr·c₁(t)·g, where g is the step's own gradient, or in the benchmark the sum
   * of both.
   */
  @ParameterizedTest
  @EnumSource
  void steps_followTheirGradient_inTheBenchmarkTheSumOfAll(Fidelity fidelity) {
    BatchStream batches = new BatchStream(data, 50, Augmentation.NONE, false, SEED);
    GeneratorOptional draws = Tensors.generator(SEED.child("epoch", 0).child("step"));
    WeightCurve expected = curve();
    Map<String, Tensor> sum = null;
    for (int step = 0; step < 2; step++) {
      double t = Tensors.uniform(draws, 0, 1, 1).item_double();
      Map<String, Tensor> gradient = gradientAt(expected, t, batches.batch(0, step));
      sum =
          sum == null || fidelity == Fidelity.PAPER
              ? gradient
              : WeightSpace.pairs(sum, gradient, Tensor::add);
      double share = 2 * t * (1 - t);
      Map<String, Tensor> moved =
          WeightSpace.mix(new double[] {1, -RATE * share}, List.of(expected.bend(), sum));
      expected =
          new WeightCurve(
              CurveShape.BEZIER, expected.start(), WeightSpace.leaves(moved), expected.end());
    }

    WeightCurve trained = train(PLAN, fidelity);

    double moved = WeightSpace.distance(curve().bend(), expected.bend());
    assertThat(WeightSpace.distance(trained.bend(), expected.bend())).isLessThan(1e-4 * moved);
  }

  @Test
  void fidelities_differ() {
    assertThat(
            WeightSpace.distance(
                train(PLAN, Fidelity.PAPER).bend(), train(PLAN, Fidelity.BACKDOORBENCH).bend()))
        .isGreaterThan(1e-4);
  }

  @ParameterizedTest
  @EnumSource
  void ends_stayAsTheyAre(Fidelity fidelity) {
    String before = TinyScene.backdoored().contentHash();

    WeightCurve trained = train(PLAN, fidelity);

    assertThat(TinyScene.backdoored().contentHash()).isEqualTo(before);
    assertThat(WeightSpace.distance(trained.start(), curve().start())).isZero();
    assertThat(WeightSpace.distance(trained.end(), curve().end())).isZero();
  }

  @Test
  void training_lowersTheLossAlongTheCurve() {
    double before = lossAlongTheWay(curve());

    TrainingPlan plan =
        PLAN.withEpochs(6).withOptimizer(new OptimizerSpec.Sgd(RATE, 0.9, 0, false));
    double after = lossAlongTheWay(train(plan, Fidelity.PAPER));

    assertThat(before).isGreaterThan(0.2);
    assertThat(after).isLessThan(0.7 * before);
  }

  private double lossAlongTheWay(WeightCurve curve) {
    Network network = TinyScene.backdoored().model().copy();
    network.training(true);
    return Tensors.withoutGradients(
        () -> {
          Tensor images = data.spec().normalization().normalize(data.images());
          Tensor logits = network.forward(images, Taps.none(), values(network, curve.at(0.7)));
          return torch.cross_entropy_loss(logits, data.labels()).item_double();
        });
  }

  @ParameterizedTest
  @EnumSource
  void killedTraining_goesOnAndEndsTheSame(Fidelity fidelity, @TempDir Path folder) {
    TrainingPlan plan = PLAN.withEpochs(3);
    TrainingListener killer =
        new TrainingListener() {
          @Override
          public void onStep(int epoch, int step) {
            if (epoch == 2) {
              throw new IllegalStateException("killed");
            }
          }
        };
    Checkpoints checkpoints = Checkpoints.in(folder).every(Duration.ZERO);
    Network lent = TinyScene.backdoored().model().copy();
    BendTraining first = new BendTraining(lent, curve(), fidelity);
    Assertions.assertThatThrownBy(
            () -> trainer(checkpoints, killer).fit(first, data, plan, first, SEED))
        .hasMessage("killed");

    WeightCurve curve = curve();
    BendTraining second = new BendTraining(TinyScene.backdoored().model().copy(), curve, fidelity);
    trainer(checkpoints).fit(second, data, plan, second, SEED);

    assertThat(WeightSpace.distance(curve.bend(), train(plan, fidelity).bend()))
        .isCloseTo(0, within(0.0));
  }
}
