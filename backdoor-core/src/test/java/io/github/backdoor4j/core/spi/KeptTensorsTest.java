package io.github.backdoor4j.core.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.util.concurrent.Uninterruptibles;
import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.tensor.Safetensors;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeptTensorsTest {

  @TempDir Path folder;
  private TensorScope scope;
  private int made;

  @BeforeEach
  void open() {
    scope = TensorScope.open();
  }

  @AfterEach
  void close() {
    scope.close();
  }

  private Map<String, Tensor> make(float value) {
    made++;
    return Map.of("weights", Tensors.ofFloats(new float[] {value, 2}, 2));
  }

  private static float[] weights(Map<String, Tensor> tensors) {
    return Tensors.toFloats(Objects.requireNonNull(tensors.get("weights")));
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    }
  }

  @Test
  void get_secondTime_findsWhatWasMade() {
    KeptTensors.in(folder).get("encoder", Map.of("bits", 100, "seed", 0), () -> make(1));

    Map<String, Tensor> found =
        KeptTensors.in(folder).get("encoder", Map.of("seed", 0, "bits", 100), () -> make(7));

    assertThat(weights(found)).containsExactly(1, 2);
    assertThat(made).isEqualTo(1);
  }

  @Test
  void get_otherKeyOrName_isMadeAnew() throws IOException {
    KeptTensors kept = KeptTensors.in(folder);
    kept.get("encoder", Map.of("seed", 0), () -> make(1));

    assertThat(weights(kept.get("encoder", Map.of("seed", 1), () -> make(5))))
        .containsExactly(5, 2);
    assertThat(weights(kept.get("decoder", Map.of("seed", 0), () -> make(6))))
        .containsExactly(6, 2);
    assertThat(files()).hasSize(3);
  }

  @Test
  void get_byTwoThreads_isMadeByOne() throws Exception {
    CountDownLatch making = new CountDownLatch(1);
    AtomicInteger times = new AtomicInteger();
    Supplier<Map<String, Tensor>> slowly =
        () -> {
          times.incrementAndGet();
          making.countDown();
          Uninterruptibles.sleepUninterruptibly(Duration.ofMillis(100));
          return Map.of("weights", Tensors.ofFloats(new float[] {1, 2}, 2));
        };
    Callable<float[]> work =
        () -> {
          try (TensorScope own = TensorScope.open()) {
            return weights(KeptTensors.in(folder).get("encoder", Map.of("seed", 0), slowly));
          }
        };
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try {
      Future<float[]> first = threads.submit(work);
      making.await();
      Future<float[]> second = threads.submit(work);

      assertThat(second.get()).containsExactly(first.get());
      assertThat(times).hasValue(1);
    } finally {
      threads.shutdown();
    }
  }

  @Test
  void none_makesThemAtEachCall() {
    KeptTensors.none().get("encoder", Map.of(), () -> make(1));
    KeptTensors.none().get("encoder", Map.of(), () -> make(1));

    assertThat(made).isEqualTo(2);
  }

  @Test
  void get_brokenFile_isRefusedByName() throws IOException {
    KeptTensors kept = KeptTensors.in(folder);
    kept.get("encoder", Map.of("seed", 0), () -> make(1));
    Path file = files().get(0);
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, java.util.Arrays.copyOf(bytes, bytes.length / 2));

    assertThatThrownBy(() -> kept.get("encoder", Map.of("seed", 0), () -> make(1)))
        .isInstanceOf(DataException.class)
        .hasMessageContaining(String.valueOf(file.getFileName()));
  }

  @Test
  void get_fileOfAnotherKeyUnderThatName_isRefused() throws IOException {
    KeptTensors kept = KeptTensors.in(folder);
    kept.get("encoder", Map.of("seed", 0), () -> make(1));
    Path file = files().get(0);
    Safetensors content = Safetensors.read(file);
    new Safetensors(content.tensors(), Map.of("key", "{}")).write(file);

    assertThatThrownBy(() -> kept.get("encoder", Map.of("seed", 0), () -> make(1)))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("Delete it");
  }
}
