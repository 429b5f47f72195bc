package io.github.backdoor4j.attacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.data.Augmentation;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.LabelMode;
import io.github.backdoor4j.core.data.Normalization;
import io.github.backdoor4j.core.data.Trigger;
import io.github.backdoor4j.core.nn.Model;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.spi.AttackContext;
import io.github.backdoor4j.core.spi.AttackOutcome;
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
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LiraTest implements PoisoningStrategyContract<Lira.Options> {

  private static final Normalization CIFAR =
      new Normalization(List.of(.4914, .4822, .4465), List.of(.247, .243, .261));

  @Override
  public Lira strategy() {
    return new Lira();
  }

  @Override
  public boolean reachesBeyondTheStandIn() {
    return true;
  }

  private static Lira.Options options(Lira.Saved saved, boolean clear, Fidelity fidelity) {
    return new Lira.Options(
        0,
        LabelMode.ALL_TO_ONE,
        Lira.Generator.AUTOENCODER,
        0.1,
        0.1,
        0.5,
        1e-3,
        0.5,
        saved,
        clear,
        2,
        5,
        fidelity);
  }

  private static DatasetSpec spec(String id, Normalization normalization) {
    DatasetSpec like = TinyImages.spec(TinyImages.CIFAR, 10);
    return new DatasetSpec(id, like.shape(), like.classNames(), normalization, Augmentation.NONE);
  }

  @Test
  void range_perChannel_isThatOfTheVectors() {
    PixelRange range = PixelRange.of(CIFAR);

    double[] low = {-1.9895, -1.9844, -1.7107};
    double[] high = {2.0591, 2.1309, 2.1207};
    for (int c = 0; c < 3; c++) {
      assertThat(range.low().get(c)).isEqualTo(low[c], within(5e-5));
      assertThat(range.high().get(c)).isEqualTo(high[c], within(5e-5));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "cifar10, .4914 .4822 .4465, .247 .243 .261, -1.9895, 2.1309",
    "cifar100, .5071 .4865 .4409, .2673 .2564 .2762, -1.8974, 2.0243",
    "tiny-imagenet, .4802 .4481 .3975, .2302 .2265 .2262, -2.1179, 2.6400",
    "gtsrb, 0 0 0, 1 1 1, 0, 1"
  })
  void range_byTheBenchmark_isOneForAllChannels(
      String id, String mean, String std, double low, double high) {
    PixelRange range =
        PixelRange.benchmark(spec(id, new Normalization(numbers(mean), numbers(std))));

    assertThat(range.low()).hasSize(3).allMatch(value -> Math.abs(value - low) < 6e-5);
    assertThat(range.high()).hasSize(3).allMatch(value -> Math.abs(value - high) < 6e-5);
  }

  private static List<Double> numbers(String text) {
    return java.util.Arrays.stream(text.split(" ")).map(Double::valueOf).toList();
  }

  @Test
  void add_movesByEpsilonAtMost_andStaysInRange() {
    try (TensorScope scope = TensorScope.open()) {
      Tensor images = CIFAR.normalize(Tensors.ofBytes(TestImages.ramps(32), 1, 3, 32, 32));
      Tensor ones = torch.ones_like(images);
      PixelRange wide = new PixelRange(List.of(-9., -9., -9.), List.of(9., 9., 9.));
      PixelRange exact = PixelRange.of(CIFAR);

      Tensor moved = NoiseTrigger.add(images, ones, 0.1, wide).sub(images);
      assertThat(moved.min().item_double()).isEqualTo(0.1, within(1e-6));
      assertThat(moved.max().item_double()).isEqualTo(0.1, within(1e-6));
      assertThat(NoiseTrigger.add(images, ones, 0, exact).allclose(images, 0, 1e-6, false))
          .isTrue();
      Tensor clipped = NoiseTrigger.add(images, ones, 9, exact);
      assertThat(Tensors.toDoubles(clipped.select(3, 0).select(2, 0).flatten()))
          .containsExactly(new double[] {2.05911, 2.13086, 2.12069}, within(1e-5));
    }
  }

  @Test
  void trigger_restoredFromItsState_isTheSame() {
    try (TensorScope scope = TensorScope.open()) {
      AttackContext context = context(SEED);
      Lira.Options options = options(Lira.Saved.STAGE2, true, Fidelity.PAPER);
      AttackOutcome outcome = strategy().attack(context, options);
      Map<String, Tensor> state = ((NoiseTrigger) outcome.trigger()).state();
      Tensor images = context.training().images();

      Trigger restored = strategy().restore(context.spec(), options, state);

      long[] rows = new long[(int) images.size(0)];
      assertThat(restored.stamp(images, rows).equal(outcome.trigger().stamp(images, rows)))
          .isTrue();
    }
  }

  @ParameterizedTest
  @CsvSource({"0.5, 32", "1, 64"}) // epsilon · 0.25 · 255 grey levels, rounded
  void trigger_staysWithinEpsilon_andChangesEachImageInItsOwnWay(double epsilon, long most) {
    try (TensorScope scope = TensorScope.open()) {
      Model generator = new Autoencoder(3);
      generator.initialize(new Seed(3));
      Normalization normalization = TinyImages.spec(TinyImages.SMALL, 4).normalization();
      Tensor images = TinyImages.blobs(4, new Seed(7)).images();
      generator.training(true);
      for (int i = 0; i < 30; i++) { // running statistics that tell images apart
        generator.apply(normalization.normalize(images));
      }
      NoiseTrigger trigger =
          new NoiseTrigger(generator, epsilon, PixelRange.of(normalization), normalization, false);

      Tensor change =
          trigger
              .stamp(images, new long[4])
              .to(torch.ScalarType.Int)
              .sub(images.to(torch.ScalarType.Int));

      assertThat(change.abs().max().item_long()).isBetween(1L, most);
      assertThat(change.select(0, 0).equal(change.select(0, 1))).isFalse();
    }
  }

  @Test
  void attack_stagesShareTheEpochs_andLeaveNoPoisonedSet() {
    try (TensorScope scope = TensorScope.open()) {
      AttackContext context =
          TinyContexts.attack(TinyImages.blobs(64, new Seed(7)), TinyNetwork.plan(5), SEED);

      AttackOutcome second =
          strategy().attack(context, options(Lira.Saved.STAGE2, true, Fidelity.PAPER));
      AttackOutcome first =
          strategy().attack(context, options(Lira.Saved.STAGE1, true, Fidelity.PAPER));

      assertThat(first.history().curve("generator_loss")).hasSize(2);
      assertThat(second.history().curve("loss")).hasSize(3);
      assertThat(second.poisoned()).isEmpty();
    }
  }

  /** Weights after one batch of the first stage. */
  private String classifierAfterOneStep(boolean clear, Tensor[] moved) {
    AttackContext context =
        TinyContexts.attack(TinyImages.blobs(32, new Seed(7)), TinyNetwork.plan(1), SEED);
    Lira.Options options = options(Lira.Saved.STAGE1, clear, Fidelity.PAPER);
    Model learning = new Autoencoder(3);
    learning.initialize(new Seed(3));
    Model frozen = new Autoencoder(3);
    frozen.load(learning.state());
    Network victim = context.newVictim();
    Tensor before =
        java.util.Objects.requireNonNull(learning.parameters().get("up1.conv.weight"))
            .detach()
            .clone();
    new LiraStages(
            context,
            options,
            options.labels().rule(0),
            victim,
            options.trigger(frozen, context.spec()))
        .train(learning);
    moved[0] =
        java.util.Objects.requireNonNull(learning.parameters().get("up1.conv.weight"))
            .detach()
            .sub(before);
    assertThat(
            Tensors.sha256(java.util.Objects.requireNonNull(frozen.state().get("up1.conv.weight"))))
        .as("the frozen generator after the epoch")
        .isEqualTo(
            Tensors.sha256(
                java.util.Objects.requireNonNull(learning.state().get("up1.conv.weight"))));
    return Tensors.sha256(
        java.util.Objects.requireNonNull(victim.parameters().get("conv1.weight")));
  }

  @Test
  void firstStage_forgottenGradients_moveTheClassifierAlone() {
    try (TensorScope scope = TensorScope.open()) {
      Tensor[] cleared = new Tensor[1];
      Tensor[] kept = new Tensor[1];

      String apart = classifierAfterOneStep(true, cleared);
      String together = classifierAfterOneStep(false, kept);

      assertThat(apart).isNotEqualTo(together);
      Tensor first = java.util.Objects.requireNonNull(cleared[0]);
      assertThat(first.abs().max().item_double())
          .as("Adam's first step")
          .isEqualTo(1e-3, within(1e-5));
      assertThat(first.equal(java.util.Objects.requireNonNull(kept[0]))).isTrue();
    }
  }

  @Test
  void options_firstStageOfAllEpochs_isRefused() {
    assertThatThrownBy(
            () ->
                new Lira.Options(
                    0,
                    LabelMode.ALL_TO_ONE,
                    Lira.Generator.UNET,
                    0.1,
                    0.1,
                    0.5,
                    1e-4,
                    1,
                    Lira.Saved.STAGE2,
                    true,
                    5,
                    10,
                    Fidelity.PAPER))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("first_stage");
  }

  @Test
  void attack_onTinyImages_learnsFaintNoise() {
    Lira.Options options =
        new Lira.Options(
            0,
            LabelMode.ALL_TO_ONE,
            Lira.Generator.AUTOENCODER,
            0.2,
            0.2,
            0.5,
            1e-3,
            0.5,
            Lira.Saved.STAGE2,
            true,
            0,
            0,
            Fidelity.PAPER);

    Success.of(strategy(), options).assertAtLeast(0.9, 0.9);
  }

  @Nested
  class ByTheBenchmark implements PoisoningStrategyContract<Lira.Options> {

    @Override
    public Lira strategy() {
      return new Lira();
    }

    @Override
    public boolean reachesBeyondTheStandIn() {
      return true;
    }

    @Override
    public Lira.Options options(DatasetSpec data) {
      return LiraTest.options(Lira.Saved.STAGE1, false, Fidelity.BACKDOORBENCH);
    }
  }
}
