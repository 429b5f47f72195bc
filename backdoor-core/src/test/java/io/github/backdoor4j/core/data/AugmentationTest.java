package io.github.backdoor4j.core.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AugmentationTest {

  private static final int HEIGHT = 6;
  private static final int WIDTH = 5;

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
    return Tensors.integers(Tensors.generator(new Seed(1)), 1, 256, count, 3, HEIGHT, WIDTH)
        .to(ScalarType.Byte);
  }

  /** One sample at a time: pad, crop at (top, left), then mirror. */
  private static byte[] naive(byte[] image, int padding, int top, int left, boolean flip) {
    byte[] result = new byte[image.length];
    for (int c = 0; c < 3; c++) {
      for (int y = 0; y < HEIGHT; y++) {
        for (int x = 0; x < WIDTH; x++) {
          int fromY = y + top - padding;
          int fromX = (flip ? WIDTH - 1 - x : x) + left - padding;
          boolean inside = fromY >= 0 && fromY < HEIGHT && fromX >= 0 && fromX < WIDTH;
          result[(c * HEIGHT + y) * WIDTH + x] =
              inside ? image[(c * HEIGHT + fromY) * WIDTH + fromX] : 0;
        }
      }
    }
    return result;
  }

  @ParameterizedTest
  @CsvSource({"2, true", "2, false", "0, true", "7, true"})
  void wholeBatch_equalsCropsAndFlipsOfEachSample(int padding, boolean flip) {
    int count = 40;
    Tensor images = images(count);
    Augmentation augmentation = new Augmentation(padding, flip);
    Tensor augmented = augmentation.apply(images, Tensors.generator(new Seed(9)));

    // the same draws in the same order: rows, columns, mirrors
    GeneratorOptional generator = Tensors.generator(new Seed(9));
    long[] top = Tensors.toLongs(Tensors.integers(generator, 0, 2L * padding + 1, count));
    long[] left = Tensors.toLongs(Tensors.integers(generator, 0, 2L * padding + 1, count));
    long[] mirror =
        flip ? Tensors.toLongs(Tensors.integers(generator, 0, 2, count)) : new long[count];
    assertThat(augmented.shape()).isEqualTo(images.shape());
    assertThat(augmented.scalar_type().intern()).isEqualTo(ScalarType.Byte);
    for (int n = 0; n < count; n++) {
      byte[] expected =
          naive(
              Tensors.toBytes(images.narrow(0, n, 1)),
              padding,
              (int) top[n],
              (int) left[n],
              mirror[n] == 1);
      assertThat(Tensors.toBytes(augmented.narrow(0, n, 1))).as("sample %d", n).isEqualTo(expected);
    }
  }

  @Test
  void crops_takeEveryOffsetAboutEquallyOften() {
    // a single bright pixel tells where each crop was taken
    int count = 1800;
    Tensor images = torch.zeros(count, 1, 5, 5).to(ScalarType.Byte);
    images.narrow(2, 2, 1).narrow(3, 2, 1).fill_(new org.bytedeco.pytorch.Scalar(255L));
    Tensor cropped = new Augmentation(1, false).apply(images, Tensors.generator(new Seed(4)));
    double[] hits = Tensors.toDoubles(cropped.to(ScalarType.Float).mean(0, 1));
    for (int y = 0; y < 5; y++) {
      for (int x = 0; x < 5; x++) {
        double share = hits[5 * y + x] / 255;
        boolean reachable = Math.abs(y - 2) <= 1 && Math.abs(x - 2) <= 1;
        assertThat(share).isBetween(reachable ? 0.08 : 0, reachable ? 0.145 : 0);
      }
    }
  }

  @Test
  void flips_happenToHalfOfTheImages_eachWholly() {
    int count = 1000;
    Tensor images = torch.zeros(count, 2, 3, 4).to(ScalarType.Byte);
    images.narrow(3, 0, 1).fill_(new org.bytedeco.pytorch.Scalar(200L));
    Tensor flipped = new Augmentation(0, true).apply(images, Tensors.generator(new Seed(4)));
    double[] first = Tensors.toDoubles(flipped.narrow(3, 0, 1).to(ScalarType.Float).mean(1, 2, 3));
    int unflipped = 0;
    for (double value : first) {
      assertThat(value).isIn(0.0, 200.0);
      unflipped += value == 200 ? 1 : 0;
    }
    assertThat(unflipped).isBetween(430, 570);
  }

  @Test
  void none_returnsTheImagesThemselves() {
    Tensor images = images(2);
    assertThat(Augmentation.NONE.apply(images, Tensors.generator(new Seed(1)))).isSameAs(images);
  }

  @Test
  void sameGenerator_sameDraws() {
    Augmentation augmentation = new Augmentation(2, true);
    Tensor first = augmentation.apply(images(20), Tensors.generator(new Seed(3)));
    Tensor second = augmentation.apply(images(20), Tensors.generator(new Seed(3)));
    Tensor other = augmentation.apply(images(20), Tensors.generator(new Seed(4)));
    assertThat(second.equal(first)).isTrue();
    assertThat(other.equal(first)).isFalse();
  }

  @Test
  void emptyBatch_staysEmpty() {
    Tensor none = images(2).narrow(0, 0, 0);
    assertThat(new Augmentation(2, true).apply(none, Tensors.generator(new Seed(1))).shape())
        .containsExactly(0, 3, HEIGHT, WIDTH);
  }

  @Test
  void negativePadding_isTheCallersMistake() {
    assertThatThrownBy(() -> new Augmentation(-1, false))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("must be at least 0, but was -1");
  }
}
