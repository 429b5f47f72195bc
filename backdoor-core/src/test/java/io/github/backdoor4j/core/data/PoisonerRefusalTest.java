package io.github.backdoor4j.core.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.backdoor4j.core.EngineException;
import io.github.backdoor4j.core.NotApplicableException;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import java.util.Arrays;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the poisoner must not do, and what triggers and selectors must not return. */
class PoisonerRefusalTest {

  private static final Seed SEED = new Seed(7);
  private static final Trigger NEGATIVE = (images, indices) -> images.bitwise_not();
  private static final LabelRule TO_ZERO = new LabelRule.AllToOne(0);

  private TensorScope scope;

  @BeforeEach
  void openScope() {
    scope = TensorScope.open();
  }

  @AfterEach
  void closeScope() {
    scope.close();
  }

  private static PoisonedDataset poison(ImageDataset clean, LabelRule rule, PoisonRate rate) {
    return Poisoner.poison(clean, new PoisonRecipe(NEGATIVE, rule, rate), SEED);
  }

  private static PoisonedDataset poison(ImageDataset clean, SampleSelector selector) {
    PoisonRate half = PoisonRate.ofDataset(0.5);
    return Poisoner.poison(
        clean,
        new PoisonRecipe(NEGATIVE, NEGATIVE, new LabelRule.CleanLabel(1), half, selector),
        SEED);
  }

  private static PoisonedDataset poison(Trigger trigger) {
    return Poisoner.poison(
        SampleImages.withLabels(2, new ImageShape(3, 4, 5), 0, 1, 0, 1),
        new PoisonRecipe(trigger, TO_ZERO, PoisonRate.ofDataset(1)),
        SEED);
  }

  @Test
  void cleanLabelRatio_beyondTheClass_isNotApplicable_withTheNumbers() {
    // GTSRB: 210 of 39209 images are of class 0; 1 % would be 392
    ImageDataset clean = SampleImages.withClassZeroOf(210, 43, 39_209);

    assertThatThrownBy(() -> poison(clean, new LabelRule.CleanLabel(0), PoisonRate.ofDataset(0.01)))
        .isInstanceOf(NotApplicableException.class)
        .hasMessageContainingAll(
            "ratio 0.01", "392", "210", "39209", "CleanLabel[target=0]", "up to 0.005355");
  }

  @Test
  void cleanLabelRatio_thatTheMessageAdvises_works() {
    ImageDataset clean = SampleImages.withClassZeroOf(210, 43, 39_209);

    PoisonedDataset poisoned =
        poison(clean, new LabelRule.CleanLabel(0), PoisonRate.ofDataset(0.005355));

    assertThat(poisoned.poisonedRows()).hasSize(210);
  }

  @Test
  void targetClassWithoutImages_isNotApplicable() {
    ImageDataset clean = SampleImages.withLabels(3, new ImageShape(1, 1, 1), 0, 1, 0, 1);

    for (PoisonRate.Of of : PoisonRate.Of.values()) {
      assertThatThrownBy(() -> poison(clean, new LabelRule.CleanLabel(2), new PoisonRate(0.5, of)))
          .isInstanceOf(NotApplicableException.class)
          .hasMessageContainingAll("none of the 4", "CleanLabel[target=2]");
    }
  }

  @Test
  void ratioThatPoisonsNothing_isNotApplicable_naming_whatOneImageIs() {
    ImageDataset clean = SampleImages.cycling(10, 500);

    assertThatThrownBy(() -> poison(clean, TO_ZERO, PoisonRate.ofDataset(0.001)))
        .isInstanceOf(NotApplicableException.class)
        .hasMessageContainingAll("ratio 0.001", "none of 500", "0.002");
    PoisonRate ofClass = new PoisonRate(0.001, PoisonRate.Of.ELIGIBLE);
    assertThatThrownBy(() -> poison(clean, new LabelRule.CleanLabel(1), ofClass))
        .isInstanceOf(NotApplicableException.class)
        .hasMessageContainingAll("none of 50 images", "0.02");
  }

  @Test
  void targetThatIsNoClass_isTheCallersMistake() {
    ImageDataset clean = SampleImages.cycling(10, 50);

    assertThatThrownBy(() -> poison(clean, new LabelRule.AllToOne(10), PoisonRate.ofDataset(0.1)))
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll("target 10", "10 classes", "0 to 9");
    assertThatThrownBy(() -> Poisoner.trigger(clean, NEGATIVE, new LabelRule.AllToOne(10)))
        .isInstanceOf(UsageException.class);
  }

  @Test
  void testSetOfTheTargetClassOnly_isNotApplicable() {
    ImageDataset test = SampleImages.withLabels(2, new ImageShape(1, 1, 1), 1, 1, 1);

    assertThatThrownBy(() -> Poisoner.trigger(test, NEGATIVE, new LabelRule.AllToOne(1)))
        .isInstanceOf(NotApplicableException.class)
        .hasMessageContainingAll("all 3", "AllToOne[target=1]");
  }

  @Test
  void triggerThatChangesTheShape_isRefused() {
    assertThatThrownBy(() -> poison((images, indices) -> images.narrow(2, 0, 3)))
        .isInstanceOf(EngineException.class)
        .hasMessageContainingAll("[4, 3, 4, 5]", "[4, 3, 3, 5]", "PoisonerRefusalTest");
    assertThatThrownBy(() -> poison((images, indices) -> images.narrow(0, 0, 1)))
        .isInstanceOf(EngineException.class);
    assertThatThrownBy(() -> poison((images, indices) -> images.narrow(1, 0, 1).squeeze(1)))
        .isInstanceOf(EngineException.class);
  }

  @Test
  void triggerThatChangesTheType_isRefused() {
    assertThatThrownBy(() -> poison((images, indices) -> images.to(ScalarType.Float)))
        .isInstanceOf(EngineException.class)
        .hasMessageContainingAll("8-bit", "Float");
  }

  @Test
  void triggerOfTestImages_isCheckedToo() {
    ImageDataset test = SampleImages.cycling(10, 50);
    Trigger wrong = (images, indices) -> images.to(ScalarType.Float);

    assertThatThrownBy(() -> Poisoner.trigger(test, wrong, TO_ZERO))
        .isInstanceOf(EngineException.class);
  }

  @Test
  void selector_thatChoosesTooFew_isRefused() {
    ImageDataset clean = SampleImages.withLabels(2, new ImageShape(1, 1, 1), 0, 1, 0, 1);

    assertThatThrownBy(() -> poison(clean, (rows, count, seed) -> Arrays.copyOf(rows, 1)))
        .isInstanceOf(EngineException.class)
        .hasMessageContainingAll("must choose 2", "chose 1");
  }

  @Test
  void selector_thatChoosesRowsItMustNot_isRefused() {
    ImageDataset clean = SampleImages.withLabels(2, new ImageShape(1, 1, 1), 0, 1, 0, 1);

    for (long[] wrong : new long[][] {{0, 1}, {3, 1}, {1, 1}, {1, 4}, {-1, 1}}) {
      assertThatThrownBy(() -> poison(clean, (rows, count, seed) -> wrong))
          .as(Arrays.toString(wrong))
          .isInstanceOf(EngineException.class)
          .hasMessageContaining("eligible");
    }
  }

  @Test
  void selector_cannotMakeRowsEligible() {
    ImageDataset clean = SampleImages.withLabels(2, new ImageShape(1, 1, 1), 0, 1, 0, 1);
    SampleSelector cheat =
        (rows, count, seed) -> {
          rows[0] = 0; // of class 0, under a rule for class 1
          return rows;
        };

    assertThatThrownBy(() -> poison(clean, cheat)).isInstanceOf(EngineException.class);
  }
}
