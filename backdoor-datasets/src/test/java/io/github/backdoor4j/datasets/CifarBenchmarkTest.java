package io.github.backdoor4j.datasets;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.backdoor4j.core.spi.DatasetSource.Splits;
import io.github.backdoor4j.core.spi.NoOptions;
import io.github.backdoor4j.core.tensor.TensorScope;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How fast an archive of CIFAR-10's size is decoded. */
@Tag("benchmark")
class CifarBenchmarkTest {

  private static final int RECORD = 3073;

  @TempDir private Path folder;

  @Test
  void decoding_inMegabytesPerSecond() throws IOException {
    for (Archives kind : new Archives[] {Archives.TAR_GZ, Archives.FOLDER}) {
      Path source = kind.write(folder, "cifar-10-" + kind, files());
      for (int round = 0; round < 4; round++) {
        long start = System.nanoTime();
        try (TensorScope scope = TensorScope.open()) {
          Splits found = new Cifar10().load(Optional.of(source), NoOptions.NONE);
          assertThat(found.training().size()).isEqualTo(50_000);
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        System.out.printf("%s: %.0f MB/s decoded%n", kind, 60_000 * RECORD / 1e6 / seconds);
      }
    }
  }

  /** Real images with noise, which compress about as well as photographs do: to nine tenths. */
  private static Map<String, byte[]> files() {
    Map<String, byte[]> files = new LinkedHashMap<>();
    byte[] image = CifarSamples.image(1);
    Random random = new Random(1);
    for (int batch = 1; batch <= 6; batch++) {
      byte[] content = new byte[10_000 * RECORD];
      random.nextBytes(content);
      for (int i = 0; i < content.length; i++) {
        int at = i % RECORD;
        content[i] = (byte) (at == 0 ? i / RECORD % 10 : image[at - 1] + (content[i] & 127));
      }
      String name = batch == 6 ? "test_batch" : "data_batch_" + batch;
      files.put("cifar-10-batches-bin/" + name + ".bin", content);
    }
    return files;
  }
}
