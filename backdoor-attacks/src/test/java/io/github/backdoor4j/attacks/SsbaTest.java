package io.github.backdoor4j.attacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.NotApplicableException;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.data.LabelMode;
import io.github.backdoor4j.core.data.LearnedTrigger;
import io.github.backdoor4j.core.data.Trigger;
import io.github.backdoor4j.core.nn.Trainables;
import io.github.backdoor4j.core.record.Options;
import io.github.backdoor4j.core.spi.AttackContext;
import io.github.backdoor4j.core.spi.Fidelity;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.core.train.EpochReport;
import io.github.backdoor4j.core.train.TrainingHistory;
import io.github.backdoor4j.testkit.PoisoningStrategyContract;
import io.github.backdoor4j.testkit.TinyContexts;
import io.github.backdoor4j.testkit.TinyImages;
import io.github.backdoor4j.testkit.TinyNetwork;
import io.github.backdoor4j.testkit.TriggerChecks;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SsbaTest implements PoisoningStrategyContract<Ssba.Options> {

  @Override
  public Ssba strategy() {
    return new Ssba();
  }

  private static Ssba.Options options(String secret, int bits, int epochs, Fidelity fidelity) {
    return new Ssba.Options(
        0.1,
        0,
        LabelMode.ALL_TO_ONE,
        List.of(),
        secret,
        bits,
        2,
        epochs,
        0.001,
        10,
        0,
        30,
        0,
        fidelity);
  }

  @Override
  public Ssba.Options options(DatasetSpec data) {
    return options("a", 100, 1, Fidelity.PAPER);
  }

  @Test
  void encoder_atFullWidth_hasThePublishedNumberOfParameters() {
    try (TensorScope scope = TensorScope.open()) {
      StegaEncoder encoder = StegaEncoder.blank(3, 100, 32, false);

      assertThat(encoder.message().parameterCount() + encoder.unet().parameterCount())
          .isEqualTo(1_069_315);
    }
  }

  @ParameterizedTest
  @CsvSource({"32, 441284", "64, 637892", "128, 1424324"})
  void decoder_hasThePublishedNumberOfParameters(int side, long expected) {
    try (TensorScope scope = TensorScope.open()) {
      assertThat(new StegaDecoder(new ImageShape(3, side, side), 100, true).parameterCount())
          .isEqualTo(expected);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "-1, 0",
    "0, 0",
    "999, 0",
    "1000, 0",
    "1001, 0.0033333",
    "2500, 5",
    "4000, 10",
    "5000, 10"
  })
  void imageWeight_matchesTheVectors(long steps, double expected) {
    StegaStep.Ramp ramp = new StegaStep.Ramp(10, 1000, 3000);

    assertThat(ramp.weight(steps)).isEqualTo(expected, within(1e-6));
  }

  @ParameterizedTest
  @CsvSource({"3, 16, 16", "3, 28, 28", "1, 28, 20", "3, 64, 32", "3, 5, 7"})
  void encoder_keepsAnyShape_andDecoderReadsIt(int channels, int height, int width) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor images =
          Tensors.uniform(Tensors.generator(new Seed(1)), 0, 1, 2, channels, height, width);
      Tensor bits = Tensors.uniform(Tensors.generator(new Seed(2)), 0, 1, 2, 10).round();
      StegaEncoder encoder =
          StegaEncoder.blank(channels, 10, 2, false).initialize(new Seed(3), ComputeDevice.CPU);
      StegaDecoder decoder = new StegaDecoder(new ImageShape(channels, height, width), 10, true);
      decoder.initialize(new Seed(4));

      Tensor hidden = encoder.embed(images, bits);

      assertThat(hidden.shape()).isEqualTo(images.shape());
      assertThat(hidden.min().item_double()).isGreaterThan(0);
      assertThat(hidden.max().item_double()).isLessThan(1);
      assertThat(decoder.apply(hidden).shape()).containsExactly(2, 10);
    }
  }

  @Test
  void accuracy_isTheShareOfBitsReadRight() {
    Tensor logits = Tensors.ofFloats(new float[] {-3, 2, 0.5f, -1}, 1, 4);
    Tensor message = Tensors.ofFloats(new float[] {0, 1, 0, 0}, 1, 4);

    assertThat(StegaStep.accuracy(logits, message).item_double()).isEqualTo(0.75);
  }

  @Test
  void training_hidesTheMessage_thenRestoresTheImage() {
    try (TensorScope scope = TensorScope.open()) {
      ImageDataset data = TinyImages.blobs(128, new Seed(3));
      AttackContext context = TinyContexts.attack(data, TinyNetwork.plan(1), new Seed(1));
      StegaEncoder encoder =
          StegaEncoder.blank(3, 8, 4, true).initialize(new Seed(1), ComputeDevice.CPU);
      StegaDecoder decoder = new StegaDecoder(data.spec().shape(), 8, true);
      decoder.initialize(new Seed(2));
      StegaStep step =
          new StegaStep(
              encoder, decoder, data.spec().normalization(), new StegaStep.Ramp(10, 0, 40), 8);
      Map<String, io.github.backdoor4j.core.nn.Trainable> parts = new LinkedHashMap<>();
      parts.put("encoder", encoder.trainable());
      parts.put("decoder", decoder);

      TrainingHistory history =
          context
              .trainer("test")
              .fit(
                  Trainables.joined(parts),
                  data,
                  StegaTraining.plan(options("", 8, 60, Fidelity.PAPER)),
                  step,
                  new Seed(5));

      EpochReport last = history.epochs().get(59);
      assertThat(last.mean(StegaTraining.ACCURACY)).as("bits read right").isGreaterThan(0.9);
      assertThat(last.mean(StegaTraining.WEIGHT)).isEqualTo(10);
      assertThat(last.mean(StegaTraining.DISTANCE))
          .as("squared distance, from %s", history.epochs().get(0).mean(StegaTraining.DISTANCE))
          .isLessThan(0.2 * history.epochs().get(0).mean(StegaTraining.DISTANCE));
    }
  }

  @Test
  void trigger_changesEachImageInItsOwnWay_andSurvivesItsState() {
    try (TensorScope scope = TensorScope.open()) {
      ImageDataset data = TinyImages.blobs(70, new Seed(3));
      Ssba.Options options = options(data.spec());
      StegaEncoder encoder =
          StegaEncoder.blank(3, 100, 2, true).initialize(new Seed(1), ComputeDevice.CPU);
      LearnedTrigger trigger = new StegaTrigger(encoder, Ssba.message(options, new Seed(1)));

      TriggerChecks.assertPure(trigger, data.images());
      Tensor stamped = trigger.stamp(data.images(), new long[70]);
      Tensor change =
          stamped.to(org.bytedeco.pytorch.global.torch.ScalarType.Int).sub(data.images());
      assertThat(change.select(0, 0).equal(change.select(0, 4)))
          .as("same change of two images of a class")
          .isFalse();
      Trigger again = strategy().restore(data.spec(), options, trigger.state());
      assertThat(again.stamp(data.images(), new long[70]).equal(stamped)).isTrue();
    }
  }

  @Test
  void message_isTheSecret_orDrawnByTheRunsSeed() {
    try (TensorScope scope = TensorScope.open()) {
      Ssba.Options secret = options("a", 100, 1, Fidelity.PAPER);
      Ssba.Options drawn = options("", 40, 1, Fidelity.PAPER);

      assertThat(Tensors.toFloats(Ssba.message(secret, new Seed(1))))
          .containsExactly(BchCode.message("a"));
      assertThat(Ssba.message(drawn, new Seed(1)).shape()).containsExactly(1, 40);
      assertThat(Ssba.message(drawn, new Seed(1)).equal(Ssba.message(drawn, new Seed(2))))
          .isFalse();
    }
  }

  @Test
  void settled_onlyAtTheFullWeight_withReadableMessagesAndCloseImages() {
    assertThat(stops(10, 0.995, 2e-4)).isTrue();
    assertThat(stops(9, 0.995, 2e-4)).isFalse();
    assertThat(stops(10, 0.98, 2e-4)).isFalse();
    assertThat(stops(10, 0.995, 4e-4)).isFalse();
  }

  private static boolean stops(double weight, double accuracy, double distance) {
    StegaTraining.Settled settled = new StegaTraining.Settled(10);
    settled.onEpoch(
        new EpochReport(
            0,
            0.1,
            Map.of(
                StegaTraining.WEIGHT, weight,
                StegaTraining.ACCURACY, accuracy,
                StegaTraining.DISTANCE, distance),
            1));
    return settled.wantsStop();
  }

  @Test
  void options_secretThatDoesNotFitTheBits_isRefused() {
    assertThatThrownBy(() -> options("a", 40, 1, Fidelity.PAPER))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("bits = 40");
    assertThatThrownBy(() -> options("12345678", 100, 1, Fidelity.PAPER))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("8 bytes");
  }

  @Test
  void attack_ratioTooSmall_isRefusedBeforeAnyTraining() {
    try (TensorScope scope = TensorScope.open()) {
      AttackContext context = TinyContexts.attack(TinyImages.blobs(8, new Seed(1)), new Seed(1));
      Ssba.Options slow = options("a", 100, 1_000_000, Fidelity.PAPER);
      Ssba.Options none = Options.bind("ssba", slow, Map.of("ratio", "0.01"));

      assertThatThrownBy(() -> strategy().attack(context, none))
          .isInstanceOf(NotApplicableException.class)
          .hasMessageContaining("0.01");
    }
  }

  @Test
  void attack_onTinyImages_succeeds() {
    Success.of(strategy(), options("a", 100, 2, Fidelity.PAPER)).assertAtLeast(0.9, 0.9);
  }

  @Nested
  class ByTheBenchmark implements PoisoningStrategyContract<Ssba.Options> {

    @Override
    public Ssba strategy() {
      return new Ssba();
    }

    @Override
    public Ssba.Options options(DatasetSpec data) {
      return SsbaTest.options("", 60, 1, Fidelity.BACKDOORBENCH);
    }
  }
}
