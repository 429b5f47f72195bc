package io.github.backdoor4j.attacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BatchAugmentationTest {

  /** Four times the same image of 8×8 with values from 1 on, so that 0 can only be padding. */
  private static Tensor sameImages() {
    float[] values = new float[4 * 64];
    for (int i = 0; i < values.length; i++) {
      values[i] = 1 + i % 64;
    }
    return Tensors.ofFloats(values, 4, 1, 8, 8);
  }

  private static boolean allTheSame(Tensor images) {
    Tensor first = images.narrow(0, 0, 1);
    return images.eq(first).all().item_bool();
  }

  @Test
  void apply_perBatch_treatsAllImagesAlike() {
    try (TensorScope scope = TensorScope.open()) {
      BatchAugmentation augmentation = new BatchAugmentation(2, 10, true, false);
      GeneratorOptional generator = Tensors.generator(new Seed(1));
      int changed = 0;
      for (int i = 0; i < 40; i++) {
        Tensor result = augmentation.apply(sameImages(), generator);
        assertThat(result.shape()).containsExactly(4, 1, 8, 8);
        assertThat(allTheSame(result)).isTrue();
        changed += result.equal(sameImages()) ? 0 : 1;
      }
      assertThat(changed).isGreaterThan(30);
    }
  }

  @Test
  void apply_perImage_treatsThemApart() {
    try (TensorScope scope = TensorScope.open()) {
      BatchAugmentation augmentation = new BatchAugmentation(2, 10, false, true);
      GeneratorOptional generator = Tensors.generator(new Seed(1));
      int batches = 500;
      int different = 0;
      for (int i = 0; i < batches; i++) {
        different += allTheSame(augmentation.apply(sameImages(), generator)) ? 0 : 1;
      }
      // a tenth of the batches is neither cropped nor turned
      assertThat((double) different / batches).isEqualTo(0.9, within(0.04));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void apply_cropAlone_happensToFourFifthsOfTheBatches_andPadsWithZero(boolean perImage) {
    try (TensorScope scope = TensorScope.open()) {
      BatchAugmentation augmentation = new BatchAugmentation(5, 0, false, perImage);
      GeneratorOptional generator = Tensors.generator(new Seed(2));
      int batches = 600;
      int changed = 0;
      boolean padded = false;
      for (int i = 0; i < batches; i++) {
        Tensor result = augmentation.apply(sameImages(), generator);
        changed += result.equal(sameImages()) ? 0 : 1;
        padded |= result.eq(Scalars.of(0)).any().item_bool();
        assertThat(result.max().item_float()).isLessThanOrEqualTo(64);
      }
      // an offset of nothing is drawn once in 121 crops of a whole batch
      assertThat((double) changed / batches).isEqualTo(0.8, within(0.05));
      assertThat(padded).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void apply_flipAlone_mirrorsHalf(boolean perImage) {
    try (TensorScope scope = TensorScope.open()) {
      BatchAugmentation augmentation = new BatchAugmentation(0, 0, true, perImage);
      GeneratorOptional generator = Tensors.generator(new Seed(3));
      Tensor mirrored = sameImages().flip(3);
      int flipped = 0;
      for (int i = 0; i < 200; i++) {
        Tensor result = augmentation.apply(sameImages(), generator);
        for (int n = 0; n < 4; n++) {
          Tensor one = result.narrow(0, n, 1);
          boolean turned = one.equal(mirrored.narrow(0, n, 1));
          assertThat(turned || one.equal(sameImages().narrow(0, n, 1))).isTrue();
          flipped += turned ? 1 : 0;
        }
      }
      assertThat(flipped / 800.0).isEqualTo(0.5, within(0.1));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void rotate_byAQuarterTurn_movesEveryPixelToItsPlace(boolean perImage) {
    try (TensorScope scope = TensorScope.open()) {
      BatchAugmentation augmentation = new BatchAugmentation(0, 90, false, perImage);

      Tensor turned = augmentation.rotate(sameImages(), Tensors.ofFloats(new float[] {90}));

      Tensor expected = sameImages().transpose(2, 3).flip(2); // counter-clockwise
      Tensor other = sameImages().transpose(2, 3).flip(3); // clockwise: either sense is fine
      boolean either =
          turned.allclose(expected, 0, 1e-3, false) || turned.allclose(other, 0, 1e-3, false);
      assertThat(either).isTrue();
    }
  }

  @Test
  void rotate_imageTwiceAsWideAsHigh_keepsDistances() {
    try (TensorScope scope = TensorScope.open()) {
      float[] values = new float[9 * 17];
      values[4 * 17 + 12] = 1; // four pixels to the right of the centre
      BatchAugmentation augmentation = new BatchAugmentation(0, 90, false, false);

      float[] turned =
          Tensors.toFloats(
              augmentation.rotate(
                  Tensors.ofFloats(values, 1, 1, 9, 17), Tensors.ofFloats(new float[] {90})));

      assertThat(turned[8] + turned[8 * 17 + 8]).as("four pixels above or below").isEqualTo(1);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void rotate_byNothing_isTheIdentity(boolean perImage) {
    try (TensorScope scope = TensorScope.open()) {
      BatchAugmentation augmentation = new BatchAugmentation(0, 10, false, perImage);

      Tensor turned = augmentation.rotate(sameImages(), Tensors.ofFloats(new float[] {0}));

      assertThat(turned.allclose(sameImages(), 0, 1e-4, false)).isTrue();
    }
  }
}
