package io.github.backdoor4j.core.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.EngineException;
import io.github.backdoor4j.core.OneThread;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.data.Augmentation;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.nn.Inference;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.TinyNetwork;
import io.github.backdoor4j.core.nn.Trainable;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Precision;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(OneThread.class)
class TrainerTest {

  private static final Seed SEED = new Seed(5);
  private static final TrainingPlan PLAN =
      new TrainingPlan(
          3,
          16,
          new OptimizerSpec.Sgd(0.1, 0.9, 5e-4, false),
          new ScheduleSpec.Cosine(3, 0),
          Augmentation.NONE,
          Precision.FP32,
          true);

  private TensorScope scope;
  private ImageDataset data;
  private Network network;

  @BeforeEach
  void open() {
    scope = TensorScope.open();
    data = TinyNetwork.data(100, new Seed(1));
    network = TinyNetwork.network(new Seed(2));
  }

  @AfterEach
  void close() {
    scope.close();
  }

  private static Trainer trainer(TrainingListener... listeners) {
    return new Trainer("test", ComputeDevice.CPU, Checkpoints.none(), List.of(listeners));
  }

  private static Map<String, String> hashes(Map<String, Tensor> tensors) {
    Map<String, String> hashes = new LinkedHashMap<>();
    tensors.forEach((name, tensor) -> hashes.put(name, Tensors.sha256(tensor)));
    return hashes;
  }

  @Test
  void fit_learnsWhatCanBeLearnt() {
    TrainingHistory history = trainer().fit(network, data, PLAN.withEpochs(8), SEED);
    assertThat(history.epochs()).hasSize(8);
    assertThat(history.curve("loss")[7]).isLessThan(history.curve("loss")[0] / 2);
    assertThat(history.curve("accuracy")[7]).isGreaterThan(0.95);
    ImageDataset unseen = TinyNetwork.data(60, new Seed(77));
    long[] predicted = Inference.on(ComputeDevice.CPU).predict(network, unseen);
    assertThat(predicted).isEqualTo(unseen.labelValues());
  }

  @Test
  void fit_twiceWithOneSeed_isBitIdentical() {
    Network twin = network.copy();
    TrainingPlan plan = PLAN.withAugmentation(new Augmentation(1, true));
    TrainingHistory first = trainer().fit(network, data, plan, SEED);
    TrainingHistory second = trainer().fit(twin, data, plan, SEED);
    assertThat(hashes(twin.state())).isEqualTo(hashes(network.state()));
    assertThat(second.curve("loss")).isEqualTo(first.curve("loss"));
  }

  @Test
  void fit_withAnotherSeed_endsElsewhere() {
    Network twin = network.copy();
    trainer().fit(network, data, PLAN, SEED);
    trainer().fit(twin, data, PLAN, new Seed(6));
    assertThat(hashes(twin.parameters()))
        .doesNotContainEntry("conv.weight", hashes(network.parameters()).get("conv.weight"));
  }

  /** Twelve steps of a loss with gradient 1: w falls by the sum of the rates, 0.005·(12 + 1). */
  @Test
  void fit_withASchedulePerStep_changesTheRateWithinTheEpoch() {
    TrainingPlan plan =
        PLAN.withEpochs(2)
            .withOptimizer(new OptimizerSpec.Sgd(0.01, 0, 0, false))
            .withSchedule(new ScheduleSpec.CosinePerStep(4, 0));
    Tensor weight = torch.zeros(1);

    TrainingHistory history =
        trainer()
            .fit(
                Trainable.of(Map.of("w", weight)),
                data,
                plan,
                (batch, context) -> weight.sum(),
                SEED);

    assertThat(weight.item_double()).isCloseTo(-0.065, within(1e-8));
    assertThat(history.epochs().get(1).learningRate()).isCloseTo(0.005, within(1e-15));
  }

  @Test
  void fit_tellsOfThePartsOfEachStep_inTheirOrder() {
    List<StepPhase> seen = new ArrayList<>();
    TrainingListener watching =
        new TrainingListener() {
          @Override
          public void onPhase(StepPhase finished) {
            seen.add(finished);
          }

          @Override
          public void onStep(int epoch, int step) {
            assertThat(seen).endsWith(StepPhase.OPTIMIZER); // a listener's time is bookkeeping
          }
        };

    trainer(watching).fit(network, data.subset(new long[] {0, 1, 2}), PLAN.withEpochs(2), SEED);

    List<StepPhase> once = List.of(StepPhase.values());
    List<StepPhase> twice = new ArrayList<>(once);
    twice.addAll(once);
    assertThat(seen).isEqualTo(twice);
  }

  @Test
  void fit_forNoEpochs_changesNothing() {
    Map<String, String> before = hashes(network.state());
    TrainingHistory history = trainer().fit(network, data, PLAN.withEpochs(0), SEED);
    assertThat(history.epochs()).isEmpty();
    assertThat(history.seconds()).isZero();
    assertThat(hashes(network.state())).isEqualTo(before);
  }

  @Test
  void fit_leavesTheNetworkInEvaluationMode_evenAfterAFailure() {
    trainer().fit(network, data, PLAN.withEpochs(1), SEED);
    assertThat(network.training()).isFalse();
    BatchStep failing =
        (batch, context) -> {
          assertThat(network.training()).isTrue();
          throw new IllegalStateException("on purpose");
        };
    assertThatThrownBy(() -> trainer().fit(network, data, PLAN, failing, SEED))
        .hasMessage("on purpose");
    assertThat(network.training()).isFalse();
  }

  /** Rows that the steps of one epoch saw. */
  private List<long[]> rowsOf(TrainingPlan plan, ImageDataset set) {
    List<long[]> rows = new ArrayList<>();
    BatchStep spy =
        (batch, context) -> {
          rows.add(batch.rows());
          assertThat(batch.images().shape()).containsExactly(batch.size(), 3, 8, 8);
          assertThat(Tensors.toLongs(batch.labels()))
              .isEqualTo(
                  Arrays.stream(batch.rows()).map(r -> set.labelValues()[(int) r]).toArray());
          return context.crossEntropy(context.forward(network, batch.images()), batch.labels());
        };
    trainer().fit(network, set, plan.withEpochs(1), spy, SEED);
    return rows;
  }

  @Test
  void dropLast_leavesTheShortBatchOut() {
    List<long[]> rows = rowsOf(PLAN, data); // 100 = 6 * 16 + 4
    assertThat(rows).hasSize(6).allSatisfy(r -> assertThat(r).hasSize(16));
  }

  @Test
  void keepLast_showsEveryImageOnce() {
    List<long[]> rows = rowsOf(PLAN.withDropLast(false), data);
    assertThat(rows).hasSize(7);
    assertThat(rows.get(6)).hasSize(4);
    long[] seen = rows.stream().flatMapToLong(Arrays::stream).sorted().toArray();
    assertThat(seen).isEqualTo(java.util.stream.LongStream.range(0, 100).toArray());
  }

  /** 100 = 9 * 11 + 1; batch normalisation cannot take a variance of a single value. */
  @Test
  void keepLast_joinsASingleImageToTheBatchBefore() {
    List<long[]> rows = rowsOf(PLAN.withBatchSize(11).withDropLast(false), data);
    assertThat(rows).hasSize(9);
    assertThat(rows.get(8)).hasSize(12);
    assertThat(rows.stream().flatMapToLong(Arrays::stream).distinct().count()).isEqualTo(100);
  }

  @Test
  void batchesOfOne_stayBatchesOfOne() {
    assertThat(BatchStream.sizes(3, 1, false)).containsExactly(1, 1, 1);
    assertThat(BatchStream.sizes(1, 8, true)).containsExactly(1);
    assertThat(BatchStream.sizes(9, 8, true)).containsExactly(8);
  }

  @Test
  void data_smallerThanABatch_areStillTrainedOn() {
    assertThat(rowsOf(PLAN.withBatchSize(128), data))
        .hasSize(1)
        .allSatisfy(r -> assertThat(r).hasSize(100));
  }

  @Test
  void order_differsFromEpochToEpoch() {
    List<long[]> firsts = new ArrayList<>();
    BatchStep spy =
        (batch, context) -> {
          firsts.add(batch.rows());
          return context.crossEntropy(context.forward(network, batch.images()), batch.labels());
        };
    trainer().fit(network, data, PLAN.withBatchSize(100).withEpochs(2), spy, SEED);
    assertThat(firsts.get(0)).isNotEqualTo(firsts.get(1));
  }

  @Test
  void images_areNormalisedAndUnaugmentedByDefault() {
    BatchStep spy =
        (batch, context) -> {
          Tensor raw = Tensors.rows(data.images(), batch.rows());
          assertThat(batch.images().equal(data.spec().normalization().normalize(raw))).isTrue();
          return context.crossEntropy(context.forward(network, batch.images()), batch.labels());
        };
    trainer().fit(network, data, PLAN.withEpochs(1), spy, SEED);
  }

  @Test
  void step_isPlainGradientDescent() {
    Tensor w = torch.zeros(2);
    BatchStep quadratic = (batch, context) -> w.sub(new Scalar(1.0)).pow(new Scalar(2.0)).sum();
    TrainingPlan plan =
        PLAN.withOptimizer(new OptimizerSpec.Sgd(0.25, 0, 0, false))
            .withSchedule(new ScheduleSpec.Constant())
            .withBatchSize(50)
            .withEpochs(1);
    TrainingHistory history =
        trainer().fit(Trainable.of(Map.of("w", w)), data, plan, quadratic, SEED);
    // two steps: 0 -> 0.5 -> 0.75, losses 2 and 0.5
    assertThat(Tensors.toFloats(w)).containsExactly(0.75f, 0.75f);
    assertThat(history.epochs().get(0).mean("loss")).isCloseTo(1.25, within(1e-12));
    assertThat(history.epochs().get(0).learningRate()).isEqualTo(0.25);
    assertThat(history.epochs().get(0).mean("accuracy")).isNaN();
  }

  @Test
  void accuracy_isTheShareOfImages_alsoWithAShortLastBatch() {
    // a network that always says class 0
    network.requireGradients(false);
    network.parameters().values().forEach(p -> p.zero_());
    network.parameters().get("linear.bias").copy_(Tensors.ofFloats(new float[] {1, 0, 0}));
    network.parameters().get("linear.bias").set_requires_grad(true);
    TrainingPlan plan =
        PLAN.withOptimizer(new OptimizerSpec.Sgd(0, 0, 0, false)).withDropLast(false);
    TrainingHistory history = trainer().fit(network, data, plan.withEpochs(1), SEED);
    assertThat(history.epochs().get(0).mean("accuracy"))
        .isCloseTo(data.count(0) / 100.0, within(1e-9));
  }

  @Test
  void frozenParameters_stayBitForBit_evenWithWeightDecay() {
    network.requireGradients(false);
    network.parameters().get("linear.weight").set_requires_grad(true);
    Map<String, String> before = hashes(network.parameters());
    trainer().fit(network, data, PLAN, SEED);
    Map<String, String> after = hashes(network.parameters());
    assertThat(after.remove("linear.weight")).isNotEqualTo(before.remove("linear.weight"));
    assertThat(after).isEqualTo(before);
  }

  @Test
  void fit_withNothingToTrain_isTheCallersMistake() {
    network.requireGradients(false);
    assertThatThrownBy(() -> trainer().fit(network, data, PLAN, SEED))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("'test'")
        .hasMessageContaining("requires gradients");
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY})
  void divergence_namesTrainingEpochAndRemedy(double factor) {
    BatchStep broken =
        (batch, context) -> {
          double times = context.epoch() == 1 ? factor : 1;
          return context
              .crossEntropy(context.forward(network, batch.images()), batch.labels())
              .mul(new Scalar(times));
        };
    assertThatThrownBy(() -> trainer().fit(network, data, PLAN, broken, SEED))
        .isInstanceOf(EngineException.class)
        .hasMessageContaining("'test'")
        .hasMessageContaining("epoch 1")
        .hasMessageContaining("learning rate");
  }

  @Test
  void listeners_seeEveryEpochAndStep_andMayAddMeansAndStop() {
    List<String> events = new ArrayList<>();
    TrainingListener listener =
        new TrainingListener() {
          @Override
          public void onStart(String purpose, int first, int epochs, int steps) {
            events.add(purpose + " " + first + " " + epochs + " " + steps);
          }

          @Override
          public void onStep(int epoch, int step) {
            events.add(epoch + "." + step);
          }

          @Override
          public EpochReport onEpoch(EpochReport report) {
            assertThat(network.training()).isFalse();
            Map<String, Double> means = new LinkedHashMap<>(report.means());
            means.put("extra", 7.0);
            return new EpochReport(report.epoch(), report.learningRate(), means, report.seconds());
          }

          @Override
          public boolean wantsStop() {
            return events.contains("1.2");
          }

          @Override
          public void onEnd(TrainingHistory history) {
            events.add("end " + history.epochs().size());
          }
        };
    TrainingHistory history =
        trainer(listener).fit(network, data, PLAN.withBatchSize(50).withEpochs(9), SEED);
    assertThat(events).containsExactly("test 0 9 2", "0.1", "0.2", "1.1", "1.2", "end 2");
    assertThat(history.curve("extra")).containsExactly(7, 7);
  }

  @Test
  void bfloat16_trainsAboutAsFullPrecisionDoes() {
    Network twin = network.copy();
    Network untouched = network.copy();
    TrainingPlan plan = PLAN.withEpochs(6);
    TrainingHistory full = trainer().fit(network, data, plan, SEED);
    TrainingHistory brain = trainer().fit(twin, data, plan.withPrecision(Precision.BF16), SEED);
    double[] losses = brain.curve("loss");
    assertThat(losses[5]).isLessThan(losses[0] / 2);
    for (int epoch = 0; epoch < 6; epoch++) {
      assertThat(losses[epoch]).isCloseTo(full.curve("loss")[epoch], within(0.05));
    }
    assertThat(losses).isNotEqualTo(full.curve("loss"));
    assertThat(hashes(twin.parameters())).isNotEqualTo(hashes(untouched.parameters()));
    assertThat(twin.parameters().get("conv.weight").scalar_type().intern())
        .isEqualTo(torch.ScalarType.Float);
  }
}
