package io.github.backdoor4j.attacks;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.backdoor4j.core.data.Normalization;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BenchmarkStoreTest {

  @ParameterizedTest
  @CsvSource({
    ".4914 .4822 .4465, .247 .243 .261, 68 40 48", // CIFAR-10
    ".5071 .4865 .4409, .2673 .2564 .2762, 49 58 61", // CIFAR-100
    ".4802 .4481 .3975, .2302 .2265 .2262, 90 41 34", // Tiny-ImageNet
    "0 0 0, 1 1 1, 0 0 0" // GTSRB
  })
  void toBytes_dropsAsManyLevelsAsTheBenchmark(String mean, String std, String dropped) {
    try (TensorScope scope = TensorScope.open()) {
      Normalization normalization = new Normalization(numbers(mean), numbers(std));
      byte[] levels = new byte[3 * 256];
      for (int i = 0; i < levels.length; i++) {
        levels[i] = (byte) i;
      }
      Tensor images = Tensors.ofBytes(levels, 1, 3, 16, 16);

      byte[] stored =
          Tensors.toBytes(BenchmarkStore.toBytes(normalization.normalize(images), normalization));

      int[] lower = new int[3];
      for (int i = 0; i < levels.length; i++) {
        assertThat((levels[i] & 0xFF) - (stored[i] & 0xFF)).isBetween(0, 1);
        lower[i / 256] += (levels[i] & 0xFF) - (stored[i] & 0xFF);
      }
      assertThat(lower)
          .containsExactly(Arrays.stream(dropped.split(" ")).mapToInt(Integer::parseInt).toArray());
      assertThat(Tensors.toBytes(normalization.toBytes(normalization.normalize(images))))
          .as("rounded instead")
          .isEqualTo(levels);
    }
  }

  private static List<Double> numbers(String text) {
    return Arrays.stream(text.split(" ")).map(Double::valueOf).toList();
  }

  @Test
  void toBytes_outsideTheRange_wrapsAround() {
    try (TensorScope scope = TensorScope.open()) {
      float[] levels = {-0.7f, -1.2f, 256.3f, 330};
      for (int i = 0; i < levels.length; i++) {
        levels[i] /= 255;
      }
      Normalization none = Normalization.uniform(1, 0, 1);

      byte[] stored =
          Tensors.toBytes(BenchmarkStore.toBytes(Tensors.ofFloats(levels, 1, 1, 2, 2), none));

      assertThat(stored).containsExactly(0, 255, 0, 74);
    }
  }
}
