package io.github.backdoor4j.attacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.data.LabelMode;
import io.github.backdoor4j.core.data.Trigger;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.nn.Recorder;
import io.github.backdoor4j.core.spi.AttackContext;
import io.github.backdoor4j.core.spi.Fidelity;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.testkit.PoisoningStrategyContract;
import io.github.backdoor4j.testkit.TinyContexts;
import io.github.backdoor4j.testkit.TinyImages;
import io.github.backdoor4j.testkit.TinyNetwork;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class TrojanNnTest implements PoisoningStrategyContract<TrojanNn.Options> {

  @Override
  public TrojanNn strategy() {
    return new TrojanNn();
  }

  private static TrojanNn.Options options(int iterations, Fidelity fidelity) {
    return new TrojanNn.Options(
        0.1, 0, LabelMode.ALL_TO_ONE, List.of(), "", 2, 100, iterations, 0.3, 0.1, fidelity);
  }

  @Override
  public TrojanNn.Options options(DatasetSpec data) {
    return options(20, Fidelity.PAPER);
  }

  @ParameterizedTest
  @CsvSource({"230, 100, 74", "255, 0, 255", "255, 1, 0", "179, 76, 255", "179, 77, 0"})
  void stamp_addsAndWrapsByTheBenchmark_elseSaturates(int trigger, int pixel, int wrapped) {
    byte[] image = TestImages.flat(1, pixel);

    assertThat(TestImages.stamp(flat(trigger, true), image, 1)).containsOnly((byte) wrapped);
    assertThat(TestImages.stamp(flat(trigger, false), image, 1))
        .containsOnly((byte) Math.min(255, trigger + pixel));
  }

  private static AddedTrigger flat(int value, boolean wrapped) {
    return new AddedTrigger(Tensors.ofBytes(TestImages.flat(1, value), 1, 3, 1, 1), wrapped);
  }

  @Test
  void stamp_onRamps_matchesTheVectors() {
    byte[] corner = new byte[3 * 32 * 32];
    for (int i = 0; i < corner.length; i++) {
      corner[i] = (byte) (i / 32 % 32 < 3 && i % 32 < 3 ? 178 : 0);
    }
    Tensor pattern = Tensors.ofBytes(corner, 1, 3, 32, 32);
    byte[] ramps = TestImages.ramps(32);

    assertThat(TestImages.sum(TestImages.stamp(new AddedTrigger(pattern, true), ramps, 32)))
        .isEqualTo(402_118);
    assertThat(TestImages.sum(TestImages.stamp(new AddedTrigger(pattern, false), ramps, 32)))
        .isEqualTo(404_287);
  }

  @Test
  void levels_afterWholeSteps_matchTheVectors() {
    try (TensorScope scope = TensorScope.open()) {
      int[] expected = {255, 229, 204, 178};
      for (int steps = 0; steps < expected.length; steps++) {
        Tensor white = torch.ones(1, 1, 1, 1);

        Tensor darker = new Pgd(0.3, 0.1, steps, false).run(white, white, Tensor::sum);

        assertThat(NeuronPattern.levels(darker).item_int()).isEqualTo(expected[steps]);
      }
    }
  }

  @Test
  void neurons_areThoseWithTheLargestWeights() {
    try (TensorScope scope = TensorScope.open()) {
      DatasetSpec spec = TinyImages.spec(TinyImages.SMALL, 4);
      Network network = new TinyNetwork(NetworkSpec.of(spec)).initialize(new Seed(1));
      try (NoGradGuard guard = new NoGradGuard()) {
        Tensor weight = network.state().get("linear.weight");
        weight.select(1, 11).fill_(Tensors.scalar(-3));
        weight.select(1, 5).fill_(Tensors.scalar(2));
      }

      NeuronPattern paper =
          new NeuronPattern(network, spec.normalization(), options(1, Fidelity.PAPER));
      NeuronPattern benchmark =
          new NeuronPattern(network, spec.normalization(), options(1, Fidelity.BACKDOORBENCH));

      assertThat(Tensors.toLongs(paper.neurons(new Seed(1)))).containsExactly(11, 5);
      assertThat(Tensors.toLongs(benchmark.neurons(new Seed(1))))
          .as("by an untrained layer")
          .isEqualTo(Tensors.toLongs(benchmark.neurons(new Seed(1))))
          .isNotEqualTo(Tensors.toLongs(benchmark.neurons(new Seed(2))));
    }
  }

  @ParameterizedTest
  @EnumSource(Fidelity.class)
  void pattern_excitesTheNeurons_insideMaskAndBound(Fidelity fidelity) {
    try (TensorScope scope = TensorScope.open()) {
      ImageDataset data = TinyImages.blobs(160, new Seed(3));
      AttackContext context = TinyContexts.attack(data, TinyNetwork.plan(4), new Seed(1));
      NeuronPattern optimiser =
          new NeuronPattern(
              context.cleanModel(), data.spec().normalization(), allNeurons(fidelity));
      Tensor mask = PearMask.draw().resized(16, 16).tensor(3);

      Tensor pattern = optimiser.of(mask, new Seed(1));

      Tensor outside = mask.eq(Tensors.scalar(0));
      assertThat(pattern.masked_select(outside).sum().item_long()).isZero();
      Tensor change = pattern.to(ScalarType.Int).sub(mask);
      assertThat(change.abs().max().item_int()).as("0.3 of 255").isBetween(26, 77);
      assertThat(activation(optimiser, pattern))
          .as("mean activation of the chosen neurons")
          .isGreaterThan(1.05 * activation(optimiser, mask));
    }
  }

  /** All features: a random choice of two might fall on some that the mask leaves cold. */
  private static TrojanNn.Options allNeurons(Fidelity fidelity) {
    return new TrojanNn.Options(
        0.1, 0, LabelMode.ALL_TO_ONE, List.of(), "", 16, 100, 40, 0.3, 0.1, fidelity);
  }

  private static double activation(NeuronPattern optimiser, Tensor image) {
    Tensor unit = image.div(Tensors.scalar(255));
    Tensor input =
        optimiser.options().benchmark() ? unit : optimiser.normalization().fromUnit(unit);
    Recorder recorder = new Recorder("features");
    optimiser.network().forward(input, recorder.taps());
    return recorder
        .get("features")
        .index_select(1, optimiser.neurons(new Seed(1)))
        .mean()
        .item_double();
  }

  @Test
  void mask_isAWhiteShapeAboutAsLargeAsThePapers() {
    Picture mask = PearMask.draw();
    int white = 0;
    for (byte value : mask.planes()) {
      assertThat(value).isIn((byte) 0, (byte) 255);
      white += value == 0 ? 0 : 1;
    }

    assertThat(white / 3).as("white pixels").isBetween(3000, 4000);
  }

  @Test
  void restore_givesTheSameTrigger() {
    try (TensorScope scope = TensorScope.open()) {
      Map<String, Tensor> state = flat(230, true).state();
      DatasetSpec spec = TinyImages.spec(TinyImages.SMALL, 4);

      Trigger wrapping = strategy().restore(spec, options(1, Fidelity.BACKDOORBENCH), state);
      Trigger saturating = strategy().restore(spec, options(1, Fidelity.PAPER), state);

      byte[] image = TestImages.flat(1, 100);
      assertThat(TestImages.stamp(wrapping, image, 1)).containsOnly(74);
      assertThat(TestImages.stamp(saturating, image, 1)).containsOnly((byte) 255);
    }
  }

  @Test
  void stamp_imagesOfAnotherSize_isRefused() {
    assertThatThrownBy(() -> TestImages.stamp(flat(1, true), TestImages.flat(2, 0), 2))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("[3, 1, 1]")
        .hasMessageContaining("[3, 2, 2]");
  }

  @Test
  void attack_moreNeuronsThanThereAre_isRefused() {
    try (TensorScope scope = TensorScope.open()) {
      TrojanNn.Options many =
          new TrojanNn.Options(
              0.1, 0, LabelMode.ALL_TO_ONE, List.of(), "", 17, 1, 1, 0.3, 0.1, Fidelity.PAPER);
      AttackContext context = context(SEED);

      assertThatThrownBy(() -> strategy().attack(context, many))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("neurons 17")
          .hasMessageContaining("16");
    }
  }

  @Test
  void attack_onTinyImages_succeeds() {
    Success.of(strategy(), options(50, Fidelity.PAPER)).assertAtLeast(0.9, 0.9);
  }

  @Nested
  class ByTheBenchmark implements PoisoningStrategyContract<TrojanNn.Options> {

    @Override
    public TrojanNn strategy() {
      return new TrojanNn();
    }

    @Override
    public TrojanNn.Options options(DatasetSpec data) {
      return TrojanNnTest.options(10, Fidelity.BACKDOORBENCH);
    }
  }
}
