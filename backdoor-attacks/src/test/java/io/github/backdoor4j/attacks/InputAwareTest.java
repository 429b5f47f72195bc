package io.github.backdoor4j.attacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.NotApplicableException;
import io.github.backdoor4j.core.data.Augmentation;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.data.LabelMode;
import io.github.backdoor4j.core.data.Normalization;
import io.github.backdoor4j.core.data.Trigger;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.spi.AttackContext;
import io.github.backdoor4j.core.spi.AttackOutcome;
import io.github.backdoor4j.core.spi.Fidelity;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.core.train.BatchStream;
import io.github.backdoor4j.core.train.JointStep;
import io.github.backdoor4j.core.train.ScheduleSpec;
import io.github.backdoor4j.core.train.TrainedPart;
import io.github.backdoor4j.core.train.TrainingPlan;
import io.github.backdoor4j.testkit.PoisoningStrategyContract;
import io.github.backdoor4j.testkit.TinyContexts;
import io.github.backdoor4j.testkit.TinyImages;
import io.github.backdoor4j.testkit.TinyNetwork;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.DoubleStream;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class InputAwareTest implements PoisoningStrategyContract<InputAware.Options> {

  private static final Seed SEED_OF_DATA = new Seed(7);

  @Override
  public InputAware strategy() {
    return new InputAware();
  }

  @Override
  public InputAware.Options options(DatasetSpec data) {
    return options(0.1, LabelMode.ALL_TO_ONE, 0, Fidelity.PAPER);
  }

  @Override
  @Test
  @Tag("long") // the stand-in device takes a minute
  public void attack_onAnotherDevice_mixesNothing() {
    PoisoningStrategyContract.super.attack_onAnotherDevice_mixesNothing();
  }

  private static InputAware.Options options(
      double ratio, LabelMode labels, int maskEpochs, Fidelity fidelity) {
    return new InputAware.Options(
        ratio, 1, 0, labels, maskEpochs, 0.032, 100, 1, 0.01, 2, fidelity);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    ".4, .017986",
    ".45, .119203",
    ".5, .5",
    ".55, .880797",
    ".6, .982014",
    "1, 1"
  })
  void sharpened_matchesTheVectors(float mask, double expected) {
    try (TensorScope scope = TensorScope.open()) {
      assertThat(MaskedPatternTrigger.sharpened(Tensors.ofFloats(new float[] {mask})).item_double())
          .isEqualTo(expected, within(1e-6));
    }
  }

  @Test
  void blend_writesPatternsWhereTheMaskIs() {
    try (TensorScope scope = TensorScope.open()) {
      Tensor images = Tensors.ofFloats(new float[] {1, 2, 3, 4, 5, 6}, 1, 3, 1, 2);
      Tensor patterns = Tensors.ofFloats(new float[] {9, 9, 8, 8, 7, 7}, 1, 3, 1, 2);
      Tensor masks = Tensors.ofFloats(new float[] {1, 0.25f}, 1, 1, 1, 2);

      assertThat(Tensors.toFloats(MaskedPatternTrigger.blend(images, patterns, masks)))
          .containsExactly(9, 3.75f, 8, 5, 7, 6.25f);
    }
  }

  @Test
  void diversity_isTheQuotientOfDistances() {
    try (TensorScope scope = TensorScope.open()) {
      Tensor zeros = Tensors.ofFloats(new float[8], 2, 1, 2, 2);
      Tensor threes = Tensors.ofFloats(new float[] {3, 3, 3, 3, 1, 1, 1, 1}, 2, 1, 2, 2);
      Tensor halves = Tensors.ofFloats(new float[] {.5f, .5f, .5f, .5f, 2, 0, 0, 0}, 2, 1, 2, 2);

      // (3/0.5 + 1/1)/2, by root mean squares
      assertThat(Diversity.loss(zeros, threes, zeros, halves).item_double())
          .isEqualTo(3.5, within(1e-4));
      assertThat(Diversity.loss(threes, threes, zeros, halves).item_double()).isZero();
      Tensor equal = zeros.clone().set_requires_grad(true);
      Tensor[] gradient =
          Tensors.gradients(Diversity.loss(zeros, threes, equal, zeros), false, equal);
      assertThat(Tensors.allFinite(gradient[0])).as("gradient where all masks are equal").isTrue();
    }
  }

  @Test
  void maskPhase_leavesMasksThatCoverAboutWhatIsFree() {
    try (TensorScope scope = TensorScope.open()) {
      ImageDataset data = TinyImages.blobs(160, SEED_OF_DATA);
      InputAware.Options options = options(0.1, LabelMode.ALL_TO_ONE, 20, Fidelity.PAPER);

      PatternGenerator mask = InputAwarePhases.mask(TinyContexts.attack(data, SEED), options);

      Tensor masks =
          MaskedPatternTrigger.sharpened(
              Frozen.apply(mask, data.spec().normalization().normalize(data.images())));
      assertThat(masks.mean().item_double()).isBetween(0.005, 0.1);
      assertThat(masks.select(0, 0).sub(masks.select(0, 1)).abs().max().item_double())
          .as("largest difference of two masks")
          .isGreaterThan(0.1);
      assertThat(mask.parameters().values()).noneMatch(Tensor::requires_grad);
    }
  }

  @ParameterizedTest
  @EnumSource(LabelMode.class)
  void step_triggersTheFirstRowsByThemselves_theNextByOthers(LabelMode labels) {
    try (TensorScope scope = TensorScope.open()) {
      Bench bench = new Bench(options(0.25, labels, 1, Fidelity.PAPER));

      bench.run(
          (batch, context) -> {
            BatchStream others = bench.others();
            InputAwareStep.Mixed mixed =
                bench.step().mix(batch, others.batch(0, 0), new BatchSplit(3, 2), context);
            Tensor images = mixed.batch().images();
            Tensor other = others.batch(0, 0).images();
            Tensor first = batch.images().narrow(0, 0, 3);
            bench.assertTriggered(images.narrow(0, 0, 3), first, first);
            bench.assertTriggered(
                images.narrow(0, 3, 2), batch.images().narrow(0, 3, 2), other.narrow(0, 3, 2));
            assertThat(images.narrow(0, 5, 11).equal(batch.images().narrow(0, 5, 11))).isTrue();
            long[] original = Tensors.toLongs(batch.labels());
            long[] taught = Tensors.toLongs(mixed.batch().labels());
            for (int row = 0; row < 16; row++) {
              long backdoor = labels == LabelMode.ALL_TO_ONE ? 0 : (original[row] + 1) % 4;
              assertThat(taught[row]).isEqualTo(row < 3 ? backdoor : original[row]);
            }
            assertThat(mixed.diversity().item_double()).isPositive();
            return bench.step().losses(batch, context);
          });
    }
  }

  @Test
  void step_byTheBenchmark_followsTheSumOfAllGradients() {
    try (TensorScope scope = TensorScope.open()) {
      Bench bench = new Bench(options(0.25, LabelMode.ALL_TO_ONE, 1, Fidelity.BACKDOORBENCH));
      List<Tensor> gradients = new ArrayList<>();

      bench.run(
          (batch, context) -> {
            List<Tensor> losses = bench.step().losses(batch, context);
            Tensor weight = bench.weight();
            gradients.add(Tensors.gradients(losses.get(1), false, weight)[0].clone());
            // once more on the same batch: the sum grows, though the weights did not move
            List<Tensor> again = bench.step().losses(batch, context);
            gradients.add(Tensors.gradients(again.get(1), false, weight)[0].clone());
            assertThat(again.get(1).is_same(again.get(0))).isFalse();
            double first = gradients.get(0).norm().item_double();
            double second = gradients.get(1).norm().item_double();
            assertThat(second).isGreaterThan(1.5 * first);
            assertThat(bench.step().state()).hasSameSizeAs(bench.trigger.pattern().parameters());
            return bench.step().losses(batch, context);
          });
    }
  }

  @Test
  void plan_byTheBenchmark_takesTheMaskEpochsOff() {
    try (TensorScope scope = TensorScope.open()) {
      TrainingPlan victim = TrainingPlan.benchmark(100, new Augmentation(4, true));
      AttackContext context = TinyContexts.attack(TinyImages.blobs(8, SEED_OF_DATA), victim, SEED);

      assertThat(
              InputAwarePhases.plan(
                  context, options(0.1, LabelMode.ALL_TO_ONE, 0, Fidelity.BACKDOORBENCH)))
          .isEqualTo(
              victim
                  .withEpochs(75)
                  .withDropLast(false)
                  .withSchedule(new ScheduleSpec.MultiStep(List.of(100, 200, 300, 400), 0.1)));
      assertThat(
              InputAwarePhases.plan(context, options(0.1, LabelMode.ALL_TO_ONE, 0, Fidelity.PAPER)))
          .isEqualTo(victim.withDropLast(false));
      assertThat(options(0.1, LabelMode.ALL_TO_ONE, 0, Fidelity.PAPER).maskEpochs(100))
          .isEqualTo(25);
      assertThat(options(0.1, LabelMode.ALL_TO_ONE, 3, Fidelity.PAPER).maskEpochs(100))
          .isEqualTo(3);
    }
  }

  @Test
  void trigger_restoredFromItsState_isTheSame() {
    try (TensorScope scope = TensorScope.open()) {
      AttackContext context = context(SEED);
      InputAware.Options options = options(context.spec());
      AttackOutcome outcome = strategy().attack(context, options);
      Tensor images = context.training().images();
      long[] rows = new long[(int) images.size(0)];

      Trigger restored =
          strategy()
              .restore(context.spec(), options, ((MaskedPatternTrigger) outcome.trigger()).state());

      assertThat(restored.stamp(images, rows).equal(outcome.trigger().stamp(images, rows)))
          .isTrue();
    }
  }

  @Test
  void attack_ratioOfNoImage_isRefusedBeforeTraining() {
    try (TensorScope scope = TensorScope.open()) {
      assertThatThrownBy(
              () ->
                  strategy()
                      .attack(
                          context(SEED),
                          options(1e-5, LabelMode.ALL_TO_ONE, 1_000_000, Fidelity.PAPER)))
          .isInstanceOf(NotApplicableException.class);
    }
  }

  @Test
  void attack_smallRatio_trainsThroughBatchesWithoutPatterns() {
    try (TensorScope scope = TensorScope.open()) {
      for (Fidelity fidelity : Fidelity.values()) {
        AttackOutcome outcome =
            strategy().attack(context(SEED), options(0.01, LabelMode.ALL_TO_ONE, 1, fidelity));

        assertThat(DoubleStream.of(outcome.history().curve("loss")).boxed())
            .allMatch(Double::isFinite);
      }
    }
  }

  @Test
  void attack_onTinyImages_succeeds_andTheTriggersOfOthersDoNot() {
    try (TensorScope scope = TensorScope.open()) {
      InputAware.Options options =
          new InputAware.Options(
              0.2, 1, 0, LabelMode.ALL_TO_ONE, 3, 0.1, 100, 1, 0.01, 4, Fidelity.PAPER);
      ImageDataset training = TinyImages.blobs(600, new Seed(5));
      ImageDataset test = TinyImages.blobs(200, new Seed(6));
      AttackContext context = TinyContexts.attack(training, TinyNetwork.plan(10), SEED);

      AttackOutcome outcome = strategy().attack(context, options);

      Tensor images = test.spec().normalization().normalize(test.images());
      MaskedPatternTrigger trigger = (MaskedPatternTrigger) outcome.trigger();
      assertThat(hits(outcome, images, test.labels())).as("clean").isGreaterThan(0.85);
      Tensor target = torch.zeros_like(test.labels());
      assertThat(hits(outcome, with(trigger, images, images), target))
          .as("own triggers")
          .isGreaterThan(0.85);
      // rows are in label order 0 1 2 3: one row further is another class
      Tensor others = torch.roll(images, new long[] {1}, new long[] {0});
      assertThat(hits(outcome, with(trigger, images, others), test.labels()))
          .as("triggers of others, of which a universal one would leave a quarter right")
          .isGreaterThan(0.55);
    }
  }

  private static Tensor with(MaskedPatternTrigger trigger, Tensor images, Tensor from) {
    Tensor pattern = trigger.normalization().fromUnit(Frozen.apply(trigger.pattern(), from));
    return MaskedPatternTrigger.blend(images, pattern, trigger.masks(from));
  }

  private static double hits(AttackOutcome outcome, Tensor images, Tensor labels) {
    Tensor predicted = outcome.model().logits(images).argmax(new LongOptional(1), false);
    return predicted.eq(labels).to(torch.ScalarType.Float).mean().item_double();
  }

  /** A victim, generators and one batch of sixteen images. */
  private static final class Bench {

    private final ImageDataset data = TinyImages.blobs(16, SEED_OF_DATA);
    private final TrainingPlan plan = TinyNetwork.plan(1);
    private final AttackContext context = TinyContexts.attack(data, plan, SEED);
    private final Network victim = context.newVictim();
    private final MaskedPatternTrigger trigger;
    private final InputAwareStep step;

    Bench(InputAware.Options options) {
      PatternGenerator pattern = options.patternGenerator(data.spec());
      pattern.initialize(new Seed(3));
      PatternGenerator mask = options.maskGenerator(data.spec());
      mask.initialize(new Seed(4));
      mask.requireGradients(false);
      Normalization normalization = data.spec().normalization();
      this.trigger = new MaskedPatternTrigger(pattern, mask, normalization, options.benchmark());
      this.step =
          new InputAwareStep(victim, trigger, options, options.labels().rule(0), data, others());
    }

    BatchStream others() {
      return new BatchStream(data, 16, Augmentation.NONE, false, new Seed(9));
    }

    InputAwareStep step() {
      return step;
    }

    Tensor weight() {
      return java.util.Objects.requireNonNull(
          trigger.pattern().parameters().get("up1.2.conv.weight"));
    }

    void run(JointStep joint) {
      context
          .trainer("bench")
          .fit(
              List.of(
                  new TrainedPart("victim", victim, plan.optimizer(), plan.schedule()),
                  new TrainedPart("pattern", trigger.pattern(), plan.optimizer(), plan.schedule())),
              data,
              plan.withBatchSize(16),
              joint,
              new Seed(5));
    }

    /** Patterns are those of this very group of rows, since statistics are taken over it. */
    void assertTriggered(Tensor result, Tensor images, Tensor from) {
      Tensor pattern = trigger.normalization().fromUnit(trigger.pattern().apply(from)).detach();
      Tensor expected = MaskedPatternTrigger.blend(images, pattern, trigger.masks(from));
      assertThat(result.detach().allclose(expected, 1e-4, 1e-4, false)).isTrue();
      assertThat(torch.max(result.detach().sub(images).abs()).item_double()).isGreaterThan(0.01);
    }
  }

  @Nested
  class ByTheBenchmark implements PoisoningStrategyContract<InputAware.Options> {

    @Override
    public InputAware strategy() {
      return new InputAware();
    }

    @Override
    public InputAware.Options options(DatasetSpec data) {
      return InputAwareTest.options(0.1, LabelMode.ALL_TO_ALL, 1, Fidelity.BACKDOORBENCH);
    }

    @Override
    public void attack_targetThatIsNoClass_isRefused() {} // all-to-all has no target
  }
}
