package io.github.backdoor4j.datasets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.spi.DatasetSource.Splits;
import io.github.backdoor4j.core.spi.NoOptions;
import io.github.backdoor4j.core.tensor.TensorScope;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Against the official files, where Debian's package dataset-fashion-mnist is installed. */
class FullFashionMnistTest {

  private static final Path FOLDER = Path.of("/usr/share/datasets/fashion-mnist");

  @BeforeEach
  void packageIsInstalled() {
    assumeTrue(
        Files.isDirectory(FOLDER), "Debian's package dataset-fashion-mnist is not installed");
  }

  @Test
  void full_has70000Images_andTheEmbeddedSetIsItsFirstOnesOfEachClass() {
    try (TensorScope scope = TensorScope.open()) {
      Splits full = new FashionMnist().load(Optional.of(FOLDER), NoOptions.NONE);
      Splits embedded = new FashionMnist().load(Optional.empty(), NoOptions.NONE);

      assertThat(full.training().size()).isEqualTo(60_000);
      assertThat(full.test().size()).isEqualTo(10_000);
      for (int label = 0; label < 10; label++) {
        assertThat(full.training().count(label)).isEqualTo(6_000);
        assertThat(full.test().count(label)).isEqualTo(1_000);
      }
      assertThat(firstOfEachClass(full.training(), 1_000).contentHash())
          .isEqualTo(embedded.training().contentHash());
      assertThat(firstOfEachClass(full.test(), 200).contentHash())
          .isEqualTo(embedded.test().contentHash());
    }
  }

  private static ImageDataset firstOfEachClass(ImageDataset set, int perClass) {
    long[] labels = set.labelValues();
    int[] seen = new int[10];
    return set.subset(
        LongStream.range(0, labels.length)
            .filter(row -> seen[(int) labels[(int) row]]++ < perClass)
            .toArray());
  }
}
