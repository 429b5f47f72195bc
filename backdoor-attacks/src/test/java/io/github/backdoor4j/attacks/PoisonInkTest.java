package io.github.backdoor4j.attacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.NotApplicableException;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.data.Augmentation;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.data.LabelMode;
import io.github.backdoor4j.core.data.LearnedTrigger;
import io.github.backdoor4j.core.data.PoisonRate;
import io.github.backdoor4j.core.data.PoisonRecipe;
import io.github.backdoor4j.core.data.PoisonedDataset;
import io.github.backdoor4j.core.data.Trigger;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.nn.Trainables;
import io.github.backdoor4j.core.record.Options;
import io.github.backdoor4j.core.spi.AttackContext;
import io.github.backdoor4j.core.spi.Fidelity;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.core.train.BatchStream;
import io.github.backdoor4j.core.train.TrainingHistory;
import io.github.backdoor4j.testkit.PoisoningStrategyContract;
import io.github.backdoor4j.testkit.TinyContexts;
import io.github.backdoor4j.testkit.TinyImages;
import io.github.backdoor4j.testkit.TinyNetwork;
import io.github.backdoor4j.testkit.TriggerChecks;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PoisonInkTest implements PoisoningStrategyContract<PoisonInk.Options> {

  @Override
  public PoisonInk strategy() {
    return new PoisonInk();
  }

  @Override
  public boolean reachesBeyondTheStandIn() {
    return true;
  }

  private static PoisonInk.Options options(int epochs, int adversarial, Fidelity fidelity) {
    return new PoisonInk.Options(
        0.1,
        0,
        LabelMode.ALL_TO_ONE,
        List.of(),
        List.of(80, 160, 80),
        28,
        2,
        epochs,
        adversarial,
        0.001,
        0,
        0,
        0,
        fidelity);
  }

  @Override
  public PoisonInk.Options options(DatasetSpec data) {
    return options(1, 0, Fidelity.PAPER);
  }

  @Test
  void networks_atFullWidth_haveThePublishedNumbersOfParameters() {
    try (TensorScope scope = TensorScope.open()) {
      assertThat(new UnetB(6, 3, 64).parameterCount()).isEqualTo(17_269_251);
      assertThat(new HidingRes(3, 128).parameterCount()).isEqualTo(2_777_859);
      assertThat(new PatchCritic(3, 64).parameterCount()).isEqualTo(1_555_585);
    }
  }

  @Test
  void guidance_countsEdgesThirteenTimes() {
    try (TensorScope scope = TensorScope.open()) {
      Tensor edges = Tensors.ofFloats(new float[] {1, 0, 0, 1}, 1, 1, 2, 2);
      Tensor wanted = torch.zeros(1, 1, 2, 2);
      Tensor found = Tensors.ofFloats(new float[] {2, 4, 0, 0}, 1, 1, 2, 2);

      assertThat(InkNetworks.guidance(found, edges, wanted).item_double())
          .isEqualTo(13 * (4 / 4.0) + 16 / 4.0, within(1e-5));
    }
  }

  @Test
  void secondStream_fixed_goesRoundTheSameBatches_fromADrawnStart() {
    try (TensorScope scope = TensorScope.open()) {
      InkStep step = step(true);

      List<List<Long>> first = rows(step, 0);
      List<List<Long>> later = rows(step, 3);

      assertThat(later).containsExactlyInAnyOrderElementsOf(first);
      assertThat(List.of(rows(step, 1), rows(step, 2), later))
          .as("starts of some epochs")
          .anyMatch(epoch -> !epoch.equals(first));
    }
  }

  @Test
  void secondStream_notFixed_isShuffledAfterEachPass() {
    try (TensorScope scope = TensorScope.open()) {
      InkStep step = step(false);

      // 5 batches a pass, 5 steps an epoch
      List<List<Long>> first = rows(step, 0);
      List<List<Long>> second = rows(step, 1);

      assertThat(first.stream().flatMap(List::stream)).doesNotHaveDuplicates().hasSize(40);
      assertThat(second).doesNotContainAnyElementsOf(first);
    }
  }

  @ParameterizedTest
  @CsvSource({"0, 16", "3, 3"})
  void secondStream_hasAsManyImagesAStepAsAskedFor(int asked, int found) {
    try (TensorScope scope = TensorScope.open()) {
      AttackContext context =
          TinyContexts.attack(TinyImages.blobs(200, new Seed(1)), TinyNetwork.plan(1), new Seed(1));
      PoisonInk.Options options =
          Options.bind(
              "poison-ink",
              options(0, 0, Fidelity.PAPER),
              Map.of("second_batch", String.valueOf(asked)));
      PoisonedDataset poisoned =
          context.poison(
              new PoisonRecipe(
                  (images, rows) -> images,
                  options.labels().rule(0, List.of()),
                  PoisonRate.ofDataset(0.1)));

      InkStep step =
          PoisonInk.step(
              context, options, poisoned, context.newVictim(), context.plan().withBatchSize(16));

      assertThat(step.second(0, 0).size()).isEqualTo(found);
    }
  }

  private static InkStep step(boolean fixed) {
    ImageDataset data = TinyImages.blobs(40, new Seed(1));
    BatchStream stream = new BatchStream(data, 8, Augmentation.NONE, false, new Seed(2));
    TinyNetwork network = new TinyNetwork(NetworkSpec.of(data.spec()));
    return new InkStep(network, stream, fixed, 5, new Seed(3));
  }

  private static List<List<Long>> rows(InkStep step, int epoch) {
    return LongStream.range(0, 5)
        .mapToObj(i -> LongStream.of(step.second(epoch, (int) i).rows()).boxed().toList())
        .toList();
  }

  @Test
  void training_lowersTheLoss() {
    try (TensorScope scope = TensorScope.open()) {
      ImageDataset data = TinyImages.blobs(64, new Seed(3));
      AttackContext context = TinyContexts.attack(data, TinyNetwork.plan(8), new Seed(1));
      UnetB injection = new UnetB(6, 3, 2);
      HidingRes extractor = new HidingRes(3, 4);
      injection.initialize(new Seed(1));
      extractor.initialize(new Seed(2));
      InkNetworks networks = new InkNetworks(injection, extractor, 28);
      Interference interference = new Interference(10, true, true);
      Map<String, io.github.backdoor4j.core.nn.Trainable> parts = new LinkedHashMap<>();
      parts.put("injection", injection);
      parts.put("extractor", extractor);

      TrainingHistory history =
          context
              .trainer("ink")
              .fit(
                  Trainables.joined(parts),
                  data,
                  InkTraining.plan(12, 0.005),
                  (batch, step) ->
                      networks
                          .result(batch, step, data.spec().normalization(), interference)
                          .loss(),
                  new Seed(4));

      double[] loss = history.curve("loss");
      assertThat(loss[11]).as("loss, from %s", loss[0]).isLessThan(0.7 * loss[0]);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {16, 20})
  void trigger_isPureAtAnySize_andSurvivesItsState(int side) {
    try (TensorScope scope = TensorScope.open()) {
      DatasetSpec spec =
          TinyImages.spec(new io.github.backdoor4j.core.data.ImageShape(3, side, side), 4);
      ImageDataset data = TinyImages.blobs(spec, 66, new Seed(3));
      PoisonInk.Options options = options(1, 0, Fidelity.PAPER);
      UnetB injection = options.blankInjection(3);
      injection.initialize(new Seed(1));
      LearnedTrigger trigger = options.trigger(injection);

      TriggerChecks.assertPure(trigger, data.images());
      Trigger again = strategy().restore(spec, options, trigger.state());

      assertThat(Tensors.sha256(again.stamp(data.images(), new long[66])))
          .isEqualTo(Tensors.sha256(trigger.stamp(data.images(), new long[66])));
    }
  }

  @Test
  void attack_withCriticAndGreyImages_runs() {
    try (TensorScope scope = TensorScope.open()) {
      DatasetSpec grey =
          TinyImages.spec(new io.github.backdoor4j.core.data.ImageShape(1, 16, 16), 4);
      ImageDataset data = TinyImages.blobs(grey, 64, new Seed(3));
      AttackContext context = TinyContexts.attack(data, TinyNetwork.plan(1), new Seed(1));

      assertThat(
              strategy()
                  .attack(context, options(1, 1, Fidelity.PAPER))
                  .poisoned()
                  .orElseThrow()
                  .poisonedRows())
          .hasSize(6);
    }
  }

  @Test
  void attack_ratioTooSmall_isRefusedBeforeAnyTraining() {
    try (TensorScope scope = TensorScope.open()) {
      AttackContext context = TinyContexts.attack(TinyImages.blobs(8, new Seed(1)), new Seed(1));
      PoisonInk.Options none =
          Options.bind(
              "poison-ink", options(1_000_000, 0, Fidelity.PAPER), Map.of("ratio", "0.01"));

      assertThatThrownBy(() -> strategy().attack(context, none))
          .isInstanceOf(NotApplicableException.class)
          .hasMessageContaining("0.01");
    }
  }

  @Test
  void options_inkThatIsNoColour_isRefused() {
    assertThatThrownBy(
            () ->
                Options.bind(
                    "poison-ink", options(1, 0, Fidelity.PAPER), Map.of("ink", "[1, 2, 256]")))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("256");
  }

  @Test
  void attack_onTinyImages_succeeds() {
    Success.of(strategy(), options(1, 0, Fidelity.PAPER)).assertAtLeast(0.8, 0.9);
  }

  @Nested
  class ByTheBenchmark implements PoisoningStrategyContract<PoisonInk.Options> {

    @Override
    public PoisonInk strategy() {
      return new PoisonInk();
    }

    @Override
    public PoisonInk.Options options(DatasetSpec data) {
      return PoisonInkTest.options(0, 0, Fidelity.BACKDOORBENCH);
    }
  }
}
