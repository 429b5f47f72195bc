package io.github.backdoor4j.core.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.Arrays;
import java.util.function.ToDoubleFunction;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The draws; the operations themselves are {@link BatchTransformsTest}'s. */
class RandomTransformsTest {

  private static final int MANY = 20_000;

  private TensorScope scope;

  @BeforeEach
  void open() {
    scope = TensorScope.open();
  }

  @AfterEach
  void close() {
    scope.close();
  }

  private static Tensor images(int count) {
    return SampleImages.withLabels(2, new ImageShape(3, 8, 8), new long[count]).images();
  }

  private static double mean(CropBox[] boxes, ToDoubleFunction<CropBox> value) {
    return Arrays.stream(boxes).mapToDouble(value).average().orElseThrow();
  }

  @Test
  void crops_haveTheAreasAndRatiosOfTheirRanges() {
    RandomResizedCrop crop =
        new RandomResizedCrop(0.2, 0.5, 3.0 / 4, 4.0 / 3, CropBox.Filter.BICUBIC);

    CropBox[] boxes = crop.draw(MANY, 1000, 1000, Tensors.generator(new Seed(1)));

    // a uniform share has mean 0.35 and deviation 0.0866; of 20,000 the mean deviates by 0.0006
    assertThat(mean(boxes, box -> box.height() * box.width() / 1e6)).isCloseTo(0.35, within(0.003));
    // the logarithm of the ratio is uniform in ±0.2877: mean 0, deviation 0.166
    assertThat(mean(boxes, box -> Math.log((double) box.width() / box.height())))
        .isCloseTo(0, within(0.006));
    // places are uniform: on average half of what is left over is above
    assertThat(mean(boxes, box -> box.top() / (1000.0 - box.height())))
        .isCloseTo(0.5, within(0.01));
    assertThat(Arrays.stream(boxes))
        .allSatisfy(
            box -> {
              box.checkWithin(1000, 1000);
              assertThat((double) box.width() / box.height()).isBetween(0.748, 1.336);
            });
  }

  @Test
  void cropThatNeverFits_isTheCentralOne() {
    RandomResizedCrop crop = new RandomResizedCrop(1, 1, 0.5, 0.5, CropBox.Filter.BILINEAR);

    // ratio 0.5 in a square of 10: full height, half the width, in the middle
    assertThat(crop.draw(1, 10, 10, Tensors.generator(new Seed(1)))[0])
        .isEqualTo(new CropBox(0, 2, 10, 5));
  }

  @Test
  void jitter_drawsFactorsTurnsAndOrdersEvenly() {
    ColourJitter.Draws draws = ColourJitter.usual().draw(MANY, Tensors.generator(new Seed(3)));

    int[] first = new int[4];
    for (int i = 0; i < MANY; i++) {
      first[draws.order()[i][0]]++;
      assertThat(draws.order()[i]).containsExactlyInAnyOrder(0, 1, 2, 3);
      assertThat(draws.values()[i][0]).isBetween(0.6, 1.4);
      assertThat(draws.values()[i][3]).isBetween(-0.1, 0.1);
    }
    // a quarter of 20,000 with deviation 61
    assertThat(Arrays.stream(first)).allMatch(count -> count > 4700 && count < 5300);
    assertThat(Arrays.stream(draws.values()).mapToDouble(v -> v[2]).average().orElseThrow())
        .isCloseTo(1, within(0.008));
  }

  @Test
  void jitter_appliesTheChangesInTheOrderDrawn() {
    Tensor image = images(1);
    double[][] values = {{1.3, 0.7, 1.2, 0.05}};
    ColourJitter.Draws draws = new ColourJitter.Draws(values, new int[][] {{3, 1, 0, 2}});

    Tensor expected = BatchTransforms.hue(image, new double[] {0.05});
    expected = BatchTransforms.contrast(expected, new double[] {0.7});
    expected = BatchTransforms.brightness(expected, new double[] {1.3});
    expected = BatchTransforms.saturation(expected, new double[] {1.2});

    assertThat(Tensors.toBytes(ColourJitter.usual().apply(image, draws)))
        .isEqualTo(Tensors.toBytes(expected));
  }

  @Test
  void jitterOfNothing_changesNothing() {
    Tensor images = images(5);

    Tensor result = new ColourJitter(0, 0, 0, 0).apply(images, Tensors.generator(new Seed(1)));

    assertThat(Tensors.toBytes(result)).isEqualTo(Tensors.toBytes(images));
  }

  @Test
  void chosen_areAsManyAsTheProbabilitySays() {
    int count = 0;
    for (boolean chosen : Chosen.draw(0.2, MANY, Tensors.generator(new Seed(5)))) {
      count += chosen ? 1 : 0;
    }
    assertThat(count).isBetween(3750, 4250); // 4,000 with deviation 57
  }

  @Test
  void chosen_leavesTheOthersAlone() {
    Tensor images = images(3);

    Tensor result =
        Chosen.change(images, new boolean[] {false, true, false}, (part, rows) -> part.mul(part));

    byte[] before = Tensors.toBytes(images);
    byte[] after = Tensors.toBytes(result);
    assertThat(Arrays.copyOf(after, 192)).isEqualTo(Arrays.copyOf(before, 192));
    assertThat(Arrays.copyOfRange(after, 384, 576)).isEqualTo(Arrays.copyOfRange(before, 384, 576));
    assertThat(after[192 + 5]).isEqualTo((byte) (before[192 + 5] * before[192 + 5]));
  }

  @Test
  void strongAugmentation_isTheSameForTheSameSeed_andKeepsTheForm() {
    Tensor images = images(64);
    for (SimClrAugmentation augmentation :
        new SimClrAugmentation[] {
          SimClrAugmentation.selfSupervised(), SimClrAugmentation.contrastive()
        }) {
      Tensor once = augmentation.apply(images, Tensors.generator(new Seed(7)));
      Tensor again = augmentation.apply(images, Tensors.generator(new Seed(7)));
      Tensor other = augmentation.apply(images, Tensors.generator(new Seed(8)));

      assertThat(once.shape()).isEqualTo(images.shape());
      assertThat(Tensors.toBytes(again)).isEqualTo(Tensors.toBytes(once));
      assertThat(Tensors.toBytes(other)).isNotEqualTo(Tensors.toBytes(once));
    }
    assertThat(Tensors.toBytes(images)).isEqualTo(Tensors.toBytes(images(64)));
  }

  @Test
  void strongAugmentation_leavesNoNativeMemory() {
    Tensor images = images(16);
    SimClrAugmentation.selfSupervised().apply(images, Tensors.generator(new Seed(7))).close();
    long before = Pointer.totalCount();
    try (TensorScope inner = TensorScope.open()) {
      SimClrAugmentation.selfSupervised().apply(images, Tensors.generator(new Seed(7)));
    }
    assertThat(Pointer.totalCount()).isLessThanOrEqualTo(before);
  }

  @Test
  void rotation_staysWithinItsRange() {
    Tensor images = images(4);

    Tensor still = new RandomRotation(0, true).apply(images, Tensors.generator(new Seed(1)));

    assertThat(Tensors.toBytes(still)).isEqualTo(Tensors.toBytes(images));
    assertThatThrownBy(() -> new RandomRotation(181, true))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("degrees must lie in [0");
  }
}
