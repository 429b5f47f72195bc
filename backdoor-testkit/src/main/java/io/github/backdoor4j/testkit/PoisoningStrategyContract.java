package io.github.backdoor4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.data.LabelRule;
import io.github.backdoor4j.core.data.PoisonRecipe;
import io.github.backdoor4j.core.data.PoisonedDataset;
import io.github.backdoor4j.core.data.Trigger;
import io.github.backdoor4j.core.nn.Inference;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.record.Json;
import io.github.backdoor4j.core.record.Options;
import io.github.backdoor4j.core.spi.AttackContext;
import io.github.backdoor4j.core.spi.AttackOutcome;
import io.github.backdoor4j.core.spi.DataPoisoning;
import io.github.backdoor4j.core.spi.PoisoningStrategy;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

/**
 * The contract of an attack. A test class implements it and fills in {@link #strategy()}.
 *
 * <p>Options named {@code ratio} (share of the training set) and {@code target} are checked where
 * an attack has them.
 *
 * @param <O> the attack's options
 */
public interface PoisoningStrategyContract<O extends Record> extends NamedStrategyContract<O> {

  @Override
  PoisoningStrategy<O> strategy();

  /**
   * Options for the tests, which train on 160 images; override if the defaults take long or do not
   * fit.
   */
  default O options(DatasetSpec data) {
    return strategy().defaults(data);
  }

  /** What the attack is given: 160 tiny images, a tiny victim, two epochs. */
  default AttackContext context(ComputeDevice device, Seed seed) {
    return TinyContexts.attack(
        TinyImages.blobs(160, new Seed(7)),
        TinyNetwork.plan(TinyContexts.VICTIM_EPOCHS),
        device,
        seed);
  }

  /** The same on the CPU. */
  default AttackContext context(Seed seed) {
    return context(ComputeDevice.CPU, seed);
  }

  /**
   * How many training images must be poisoned.
   *
   * @return by default by the recipe's rate, else by the option {@code ratio}, else anything
   */
  default Optional<Integer> expectedPoisoned(AttackContext context, O options) {
    ImageDataset data = context.training();
    if (strategy() instanceof DataPoisoning<O> poisoning) {
      PoisonRecipe recipe = poisoning.recipe(context, options);
      long eligible = LongStream.of(data.labelValues()).filter(recipe.labels()::mayPoison).count();
      return Optional.of(recipe.rate().count(data.size(), (int) eligible));
    }
    JsonNode ratio = Json.tree(options).path("ratio");
    return ratio.isNumber()
        ? Optional.of((int) Math.rint(ratio.asDouble() * data.size()))
        : Optional.empty();
  }

  @Test
  default void id_leadsToTheAttack() {
    NamedContract.assertRegistered(PoisoningStrategy.class, strategy());
  }

  @Test
  default void trigger_isPureAndKeepsShape() {
    for (int side : List.of(16, 32, 64)) {
      try (TensorScope scope = TensorScope.open()) {
        DatasetSpec spec = NamedStrategyContract.spec(side, 4);
        AttackContext context = TinyContexts.attack(TinyImages.blobs(spec, 8, SEED), SEED);
        Optional<Trigger> trigger = strategy().trigger(context, options(spec));
        assumeTrue(trigger.isPresent(), "the trigger exists only after training");

        TriggerChecks.assertPure(trigger.get(), context.training().images());
      }
    }
  }

  @Test
  default void outcome_hasTheTriggerOfTheSameContext() {
    try (TensorScope scope = TensorScope.open()) {
      AttackContext context = context(SEED);
      O options = options(context.spec());
      Optional<Trigger> before = strategy().trigger(context, options);
      assumeTrue(before.isPresent(), "the trigger exists only after training");
      Tensor images = context.training().images();
      long[] rows = LongStream.range(0, images.size(0)).toArray();

      Trigger after = strategy().attack(context, options).trigger();

      assertThat(Tensors.sha256(after.stamp(images, rows)))
          .isEqualTo(Tensors.sha256(before.get().stamp(images, rows)));
    }
  }

  @Test
  default void attack_poisonsAsItSays() {
    try (TensorScope scope = TensorScope.open()) {
      AttackContext context = context(SEED);
      O options = options(context.spec());
      String before = Tensors.sha256(context.training().images());

      AttackOutcome outcome = strategy().attack(context, options);

      assertThat(Tensors.sha256(context.training().images()))
          .as("the clean training images after the attack")
          .isEqualTo(before);
      TriggerChecks.assertPure(outcome.trigger(), context.training().images());
      outcome
          .poisoned()
          .ifPresent(
              set -> assertPoisoned(set, outcome.labels(), expectedPoisoned(context, options)));
      assertWorks(outcome.model(), context.training());
      assertThat(outcome.history().epochs()).as("epochs of the victim").isNotEmpty();
    }
  }

  private static void assertPoisoned(
      PoisonedDataset set, LabelRule rule, Optional<Integer> expected) {
    long[] rows = set.poisonedRows();
    expected.ifPresent(count -> assertThat(rows).as("poisoned rows").hasSize(count));
    long[] labels = set.clean().labelValues();
    int classes = set.clean().spec().classes();
    for (int i = 0; i < rows.length; i++) {
      long original = labels[(int) rows[i]];
      assertThat(rule.mayPoison(original))
          .as("whether %s allows class %d", rule, original)
          .isTrue();
      assertThat(set.poisonedLabels()[i])
          .as("label of poisoned row %d", rows[i])
          .isEqualTo(rule.trainingLabel(original, classes));
    }
    assertThat(set.poisonedImages().scalar_type().intern()).isEqualTo(ScalarType.Byte);
    assertThat(set.poisonedImages().shape())
        .isEqualTo(Tensors.rows(set.clean().images(), rows).shape());
    assertThat(Tensors.sha256(set.poisonedImages()))
        .as("pixels of the poisoned images")
        .isNotEqualTo(Tensors.sha256(Tensors.rows(set.clean().images(), rows)));
  }

  private static void assertWorks(Network model, ImageDataset data) {
    Tensor logits =
        Inference.on(model.device()).logits(model, data.images(), data.spec().normalization());
    assertThat(logits.shape()).containsExactly(data.size(), data.spec().classes());
    assertThat(Tensors.allFinite(logits)).as("whether all logits are finite").isTrue();
  }

  @Test
  default void attack_sameSeedGivesTheSame_anotherSeedAnother() {
    String first = fingerprint(SEED);

    assertThat(fingerprint(SEED)).as("second run with the same seed").isEqualTo(first);
    assertThat(fingerprint(SEED.child("other"))).as("run with another seed").isNotEqualTo(first);
  }

  private String fingerprint(Seed seed) {
    try (TensorScope scope = TensorScope.open()) {
      AttackContext context = context(seed);
      StringBuilder hashes = new StringBuilder();
      AttackOutcome outcome = strategy().attack(context, options(context.spec()));
      outcome.forEachTensor(tensor -> hashes.append(Tensors.sha256(tensor)).append('\n'));
      outcome.poisoned().ifPresent(set -> hashes.append(Json.write(set.poisonedRows())));
      return hashes.toString();
    }
  }

  @Test
  default void recipe_takesTheRatioFromTheOptions() {
    try (TensorScope scope = TensorScope.open()) {
      AttackContext context = context(SEED);
      O options = NamedStrategyContract.with(options(context.spec()), "ratio", "0.0625");
      assumeTrue(Json.tree(options).path("ratio").isNumber(), "no option named ratio");
      assumeTrue(strategy() instanceof DataPoisoning, "no recipe");

      PoisonRecipe recipe = ((DataPoisoning<O>) strategy()).recipe(context, options);

      assertThat(recipe.rate().ratio()).isEqualTo(0.0625);
    }
  }

  @Test
  default void attack_targetThatIsNoClass_isRefused() {
    try (TensorScope scope = TensorScope.open()) {
      AttackContext context = context(SEED);
      O options = options(context.spec());
      assumeTrue(Json.tree(options).path("target").isInt(), "no option named target");

      assertThatThrownBy(
              () -> strategy().attack(context, NamedStrategyContract.with(options, "target", "4")))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("target")
          .hasMessageContaining("4");
    }
  }

  @Test
  default void options_ratioOutOfRange_isRefused() {
    O options = strategy().defaults(specs().get(0));
    assumeTrue(Json.tree(options).path("ratio").isNumber(), "no option named ratio");

    for (String ratio : List.of("-0.1", "0", "1.01", "NaN")) {
      assertThatThrownBy(() -> Options.bind(strategy().id(), options, Map.of("ratio", ratio)))
          .as("ratio %s", ratio)
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("ratio");
    }
  }

  /** A tensor made in host memory and not placed, or read where it is not, fails as on a GPU. */
  @Test
  default void attack_onAnotherDevice_mixesNothing() {
    onTheStandIn(
        device -> {
          AttackContext context = context(device, SEED);

          AttackOutcome outcome = strategy().attack(context, options(context.spec()));

          assertThat(outcome.model().device()).as("where the model is").isEqualTo(device);
          Tensor images = device.place(context.training().images());
          long[] rows = LongStream.range(0, images.size(0)).toArray();
          Tensors.sha256(outcome.trigger().stamp(images, rows));
        });
  }

  @Test
  default void attack_leavesNoNativeMemory() {
    NativeLeaks.assertNone(
        () -> {
          AttackContext context = context(SEED);
          strategy().attack(context, options(context.spec()));
        });
  }

  /** Seed of the tests. */
  Seed SEED = new Seed(1);
}
