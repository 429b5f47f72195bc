package io.github.backdoor4j.core.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.backdoor4j.core.NotApplicableException;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PoisonerTest {

  private static final Seed SEED = new Seed(7);
  private static final ImageShape SHAPE = new ImageShape(3, 4, 5);
  private static final Trigger NEGATIVE = (images, indices) -> images.bitwise_not();

  /** Writes the position of each image into all its pixels. */
  private static final Trigger POSITION =
      (images, indices) ->
          torch
              .zeros_like(images)
              .add(
                  Tensors.ofLongs(indices, indices.length, 1, 1, 1)
                      .remainder(new Scalar(256L))
                      .to(ScalarType.Byte));

  private TensorScope scope;

  @BeforeEach
  void openScope() {
    scope = TensorScope.open();
  }

  @AfterEach
  void closeScope() {
    scope.close();
  }

  private static PoisonRecipe recipe(Trigger trigger, LabelRule rule, double ratio) {
    return new PoisonRecipe(trigger, rule, PoisonRate.ofDataset(ratio));
  }

  private static long[] originals(PoisonedDataset set) {
    long[] labels = set.clean().labelValues();
    return Arrays.stream(set.poisonedRows()).map(row -> labels[(int) row]).toArray();
  }

  @ParameterizedTest(name = "{1} of {0} images: {2}")
  @CsvSource({
    "50000, 0.1, 5000", "50000, 0.05, 2500", "50000, 0.01, 500",
    "50000, 0.005, 250", "50000, 0.001, 50", "39209, 0.1, 3921",
    "39209, 0.05, 1960", "39209, 0.01, 392", "39209, 0.005, 196",
    "39209, 0.001, 39", "100000, 0.1, 10000", "100000, 0.05, 5000",
    "100000, 0.01, 1000", "100000, 0.005, 500", "100000, 0.001, 100"
  })
  void poison_changesAsManyImagesAsTheBenchmark(int size, double ratio, int expected) {
    ImageDataset clean = SampleImages.cycling(43, size);

    PoisonedDataset poisoned =
        Poisoner.poison(clean, recipe(NEGATIVE, new LabelRule.AllToOne(0), ratio), SEED);

    assertThat(poisoned.poisonedRows()).hasSize(expected).doesNotHaveDuplicates().isSorted();
    assertThat(poisoned.size()).isEqualTo(size);
  }

  @Test
  void poison_allToOne_takesImagesOfTheTargetClassToo() {
    ImageDataset clean = SampleImages.cycling(10, 2000);

    PoisonedDataset poisoned =
        Poisoner.poison(clean, recipe(NEGATIVE, new LabelRule.AllToOne(3), 0.5), SEED);

    assertThat(poisoned.poisonedLabels()).hasSize(1000).containsOnly(3);
    // 1000 of 2000 images of which 200 are of the class: 100 ± 7
    assertThat(Arrays.stream(originals(poisoned)).filter(label -> label == 3).count())
        .isBetween(65L, 135L);
  }

  @Test
  void poison_allToAll_movesEachLabelByOne_theLastToTheFirst() {
    ImageDataset clean = SampleImages.cycling(10, 1000);

    PoisonedDataset poisoned =
        Poisoner.poison(clean, recipe(NEGATIVE, new LabelRule.AllToAll(1), 0.4), SEED);

    long[] originals = originals(poisoned);
    assertThat(originals).contains(9);
    for (int i = 0; i < originals.length; i++) {
      assertThat(poisoned.poisonedLabels()[i]).isEqualTo(originals[i] == 9 ? 0 : originals[i] + 1);
    }
  }

  @Test
  void poison_cleanLabel_takesOnlyTheTargetClass_andKeepsLabels() {
    ImageDataset clean = SampleImages.cycling(10, 1000);

    PoisonedDataset poisoned =
        Poisoner.poison(clean, recipe(NEGATIVE, new LabelRule.CleanLabel(4), 0.05), SEED);

    assertThat(originals(poisoned)).hasSize(50).containsOnly(4);
    assertThat(poisoned.asDataset().labelValues()).isEqualTo(clean.labelValues());
  }

  @Test
  void poison_cleanLabel_mayUseUpTheClass() {
    // CIFAR-10 at 10 %: 5000 of the 5000 images of class 0
    ImageDataset clean = SampleImages.withClassZeroOf(5000, 10, 50_000);

    PoisonedDataset poisoned =
        Poisoner.poison(clean, recipe(NEGATIVE, new LabelRule.CleanLabel(0), 0.1), SEED);

    assertThat(poisoned.poisonedRows())
        .isEqualTo(IntStream.range(0, 5000).asLongStream().toArray());
  }

  @Test
  void poison_rateOfEligible_countsTheTargetClassOnly() {
    ImageDataset clean = SampleImages.cycling(10, 1000);
    PoisonRate half = new PoisonRate(0.5, PoisonRate.Of.ELIGIBLE);

    PoisonedDataset poisoned =
        Poisoner.poison(clean, new PoisonRecipe(NEGATIVE, new LabelRule.CleanLabel(4), half), SEED);

    assertThat(poisoned.poisonedRows()).hasSize(50);
  }

  @Test
  void poison_leavesOtherRowsByteForByte_andStampsTheChosen() {
    long[] labels = IntStream.range(0, 60).mapToLong(row -> row % 6).toArray();
    ImageDataset clean = SampleImages.withLabels(6, SHAPE, labels);
    byte[] before = Tensors.toBytes(clean.images());

    PoisonedDataset poisoned =
        Poisoner.poison(clean, recipe(NEGATIVE, new LabelRule.AllToOne(2), 0.3), SEED);

    byte[] after = Tensors.toBytes(poisoned.asDataset().images());
    long[] given = poisoned.asDataset().labelValues();
    boolean[] flags = poisoned.flags();
    for (int at = 0; at < before.length; at++) {
      byte expected = flags[at / SHAPE.size()] ? (byte) ~before[at] : before[at];
      assertThat(after[at]).isEqualTo(expected);
    }
    for (int row = 0; row < labels.length; row++) {
      assertThat(given[row]).isEqualTo(flags[row] ? 2 : labels[row]);
    }
    assertThat(Tensors.toBytes(clean.images())).isEqualTo(before);
  }

  @Test
  void poison_withTheSameSeed_choosesTheSameRows_withAnotherOthers() {
    ImageDataset clean = SampleImages.cycling(10, 5000);
    PoisonRecipe recipe = recipe(NEGATIVE, new LabelRule.AllToOne(0), 0.1);

    long[] rows = Poisoner.poison(clean, recipe, SEED).poisonedRows();

    assertThat(Poisoner.poison(clean, recipe, new Seed(7)).poisonedRows()).isEqualTo(rows);
    long[] others = Poisoner.poison(clean, recipe, new Seed(8)).poisonedRows();
    long shared = Arrays.stream(others).filter(r -> Arrays.binarySearch(rows, r) >= 0).count();
    assertThat(shared).isBetween(20L, 80L); // 50 ± 6.4 by chance
  }

  @Test
  void poison_givesTheTriggerThePositions_acrossChunks() {
    ImageDataset clean = SampleImages.cycling(10, 5000);

    PoisonedDataset poisoned =
        Poisoner.poison(clean, recipe(POSITION, new LabelRule.AllToOne(0), 1.0), SEED);

    byte[] pixels = Tensors.toBytes(poisoned.poisonedImages());
    long[] rows = poisoned.poisonedRows();
    assertThat(pixels).hasSize(5000);
    for (int i = 0; i < pixels.length; i++) {
      assertThat(pixels[i]).isEqualTo((byte) rows[i]);
    }
  }

  @ParameterizedTest(name = "class 0 has {0} of {2} test images")
  @CsvSource({
    "1000, 10, 10000, 9000",
    "100, 100, 10000, 9900",
    "60, 43, 12630, 12570",
    "50, 200, 10000, 9950"
  })
  void triggeredSet_leavesOutTheTargetClass(int classZero, int classes, int size, int expected) {
    ImageDataset test = SampleImages.withClassZeroOf(classZero, classes, size);

    TriggeredSet allToOne = Poisoner.trigger(test, NEGATIVE, new LabelRule.AllToOne(0));
    TriggeredSet cleanLabel = Poisoner.trigger(test, NEGATIVE, new LabelRule.CleanLabel(0));
    TriggeredSet allToAll = Poisoner.trigger(test, NEGATIVE, new LabelRule.AllToAll(1));

    assertThat(allToOne.size()).isEqualTo(expected);
    assertThat(allToOne.originalLabels()).doesNotContain(0);
    assertThat(allToOne.attackLabels()).containsOnly(0);
    assertThat(cleanLabel.size()).isEqualTo(expected);
    assertThat(allToAll.size()).isEqualTo(size);
  }

  @Test
  void triggeredSet_knowsWhereItsImagesComeFrom() {
    ImageDataset test = SampleImages.withLabels(3, SHAPE, 0, 1, 2, 1, 0);

    TriggeredSet set = Poisoner.trigger(test, POSITION, new LabelRule.AllToOne(1));

    assertThat(set.rows()).containsExactly(0, 2, 4);
    assertThat(set.originalLabels()).containsExactly(0, 2, 0);
    assertThat(set.attackLabels()).containsExactly(1, 1, 1);
    byte[] pixels = Tensors.toBytes(set.images());
    for (int at = 0; at < pixels.length; at++) {
      assertThat(pixels[at]).isEqualTo((byte) set.rows()[at / SHAPE.size()]);
    }
  }

  @Test
  void trigger_thatWritesIntoItsInput_doesNotReachTheDataset() {
    ImageDataset clean = SampleImages.withLabels(3, SHAPE, 0, 1, 2, 1, 0);
    String before = Tensors.sha256(clean.images());
    Trigger impure = (images, indices) -> images.fill_(new Scalar(7L));

    Poisoner.poison(clean, recipe(impure, new LabelRule.AllToOne(0), 1.0), SEED);
    Poisoner.trigger(clean, impure, new LabelRule.AllToOne(0));

    assertThat(Tensors.sha256(clean.images())).isEqualTo(before);
  }

  @Test
  void stamp_ofNoRows_givesNoImages() {
    ImageDataset clean = SampleImages.withLabels(3, SHAPE, 0, 1, 2);

    Tensor none = Poisoner.stamp(NEGATIVE, clean.images(), new long[0]);

    assertThat(none.shape()).containsExactly(0, 3, 4, 5);
  }

  @Test
  void poisoning_leavesNoNativeMemoryBehind() {
    ImageDataset clean = SampleImages.cycling(10, 5000);
    PoisonRecipe recipe = recipe(NEGATIVE, new LabelRule.AllToOne(0), 0.9);
    Runnable work =
        () -> {
          try (TensorScope inner = TensorScope.open()) {
            Poisoner.poison(clean, recipe, SEED).asDataset().contentHash();
            Poisoner.trigger(clean, NEGATIVE, new LabelRule.AllToOne(0));
          }
        };
    work.run();
    long before = Pointer.totalCount();

    work.run();

    assertThat(Pointer.totalCount()).isLessThanOrEqualTo(before);
  }

  @Test
  void poison_withCover_triggersFurtherImagesThatKeepTheirLabel() {
    ImageDataset clean = SampleImages.cycling(10, 200);
    Cover cover = new Cover(POSITION, PoisonRate.ofDataset(0.2));

    PoisonedDataset poisoned =
        Poisoner.poison(
            clean, recipe(NEGATIVE, new LabelRule.AllToOne(0), 0.1).withCover(cover), SEED);

    PoisonedDataset covered = poisoned.cover().orElseThrow();
    assertThat(poisoned.poisonedRows()).hasSize(20);
    assertThat(covered.poisonedRows()).hasSize(40).doesNotContain(poisoned.poisonedRows());
    int flagged = 0;
    for (boolean flag : poisoned.flags()) {
      flagged += flag ? 1 : 0;
    }
    assertThat(flagged).as("cover samples are not flagged").isEqualTo(20);
    ImageDataset given = poisoned.asDataset();
    for (long row : covered.poisonedRows()) {
      assertThat(given.labelValues()[(int) row]).isEqualTo(clean.labelValues()[(int) row]);
      assertThat(given.images().select(0, row).view(-1).select(0, 0).to(ScalarType.Int).item_int())
          .isEqualTo((int) row % 256);
    }
    assertThat(poisoned.poisonedRows())
        .as("the same images are poisoned as without cover")
        .isEqualTo(
            Poisoner.poison(clean, recipe(NEGATIVE, new LabelRule.AllToOne(0), 0.1), SEED)
                .poisonedRows());
  }

  @Test
  void poison_moreCoverThanIsFree_isNotApplicable() {
    ImageDataset clean = SampleImages.cycling(10, 100);
    PoisonRecipe recipe =
        recipe(NEGATIVE, new LabelRule.AllToOne(0), 0.5)
            .withCover(new Cover(NEGATIVE, PoisonRate.ofDataset(0.6)));

    assertThatThrownBy(() -> Poisoner.poison(clean, recipe, SEED))
        .isInstanceOf(NotApplicableException.class)
        .hasMessageContaining("60")
        .hasMessageContaining("50 of 100");
  }

  @Test
  void check_refusesWhatPoisonWouldRefuse() {
    ImageDataset clean = SampleImages.cycling(10, 100);

    assertThatThrownBy(
            () -> Poisoner.check(clean, new LabelRule.CleanLabel(0), PoisonRate.ofDataset(0.2)))
        .isInstanceOf(NotApplicableException.class)
        .hasMessageContaining("20 poisoned images, but only 10");
    assertThatThrownBy(
            () -> Poisoner.check(clean, new LabelRule.AllToOne(10), PoisonRate.ofDataset(0.2)))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("target 10");
  }
}
