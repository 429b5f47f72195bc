package io.github.backdoor4j.core.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DatasetStatisticsTest {

  private TensorScope scope;

  @BeforeEach
  void openScope() {
    scope = TensorScope.open();
  }

  @AfterEach
  void closeScope() {
    scope.close();
  }

  private static ImageDataset data(int height, int width, byte[] pixels, long... labels) {
    DatasetSpec spec =
        new DatasetSpec(
            "hand",
            new ImageShape(2, height, width),
            List.of("a", "b", "c"),
            Normalization.uniform(2, 0.5, 0.5),
            Augmentation.NONE);
    return new ImageDataset(
        spec, Tensors.ofBytes(pixels, labels.length, 2, height, width), Tensors.ofLongs(labels));
  }

  /** First channel 0, 255, 51, 102: mean 102, squares 10404 + 23409 + 2601 + 0 = 36414 over 4. */
  @Test
  void of_twoSmallImages_givesTheFiguresOfTheHand() {
    byte[] pixels = {0, (byte) 255, 10, 10, 51, 102, 10, 10};

    DatasetStatistics found = DatasetStatistics.of(data(1, 2, pixels, 2, 0));

    assertThat(found.mean().get(0)).isEqualTo(0.4, within(1e-15));
    assertThat(found.std().get(0)).isEqualTo(Math.sqrt(9103.5) / 255, within(1e-15));
    assertThat(found.mean().get(1)).isEqualTo(10 / 255.0, within(1e-15));
    assertThat(found.std().get(1)).isZero();
    assertThat(found.counts()).containsExactly(1L, 0L, 1L);
  }

  /** More than are looked at in one go: 2,500 times level 0 and 1 by turns. */
  @Test
  void of_manyImages_countsAllOfThem() {
    byte[] pixels = new byte[2 * 2500];
    for (int i = 0; i < 2500; i++) {
      pixels[2 * i] = (byte) (i % 2);
      pixels[2 * i + 1] = (byte) 200;
    }

    DatasetStatistics found = DatasetStatistics.of(data(1, 1, pixels, new long[2500]));

    assertThat(found.mean().get(0)).isEqualTo(0.5 / 255, within(1e-15));
    assertThat(found.std().get(0)).isEqualTo(0.5 / 255, within(1e-15));
    assertThat(found.mean().get(1)).isEqualTo(200 / 255.0, within(1e-15));
    assertThat(found.std().get(1)).isZero();
    assertThat(found.counts()).containsExactly(2500L, 0L, 0L);
  }

  @Test
  void of_noImages_isRefused() {
    ImageDataset none = data(1, 1, new byte[0]);

    assertThatThrownBy(() -> DatasetStatistics.of(none))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("'hand' has no images");
  }
}
