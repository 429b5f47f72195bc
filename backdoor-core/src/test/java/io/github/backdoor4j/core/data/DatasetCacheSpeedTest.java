package io.github.backdoor4j.core.data;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.backdoor4j.core.AtomicFiles;
import io.github.backdoor4j.core.tensor.TensorScope;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Prints how long a set of the size of CIFAR-10 takes to keep and to get back. */
@Tag("benchmark")
class DatasetCacheSpeedTest {

  private static final int ROUNDS = 5;

  @Test
  void fiftyThousandImages(@TempDir Path folder) {
    Path source = folder.resolve("source.bin");
    AtomicFiles.replace(source, "source");
    DatasetCache cache = DatasetCache.at(folder);
    DatasetCache.Key key = new DatasetCache.Key("sample", 1, "", List.of(source));
    ImageShape shape = new ImageShape(3, 32, 32);
    for (int round = 0; round <= ROUNDS; round++) {
      try (TensorScope scope = TensorScope.open()) {
        long start = System.nanoTime();
        List<ImageDataset> parts =
            cache.load(
                key,
                () ->
                    List.of(
                        SampleImages.withLabels(10, shape, new long[50_000]),
                        SampleImages.withLabels(10, shape, new long[10_000])));
        double seconds = (System.nanoTime() - start) / 1e9;
        assertThat(parts.get(0).contentHash()).hasSize(64);
        System.out.printf(
            Locale.ROOT, "%s: %.3f s%n", round == 0 ? "made and kept" : "got back", seconds);
      }
    }
  }
}
