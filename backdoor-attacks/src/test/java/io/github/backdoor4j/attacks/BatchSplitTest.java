package io.github.backdoor4j.attacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import org.bytedeco.pytorch.GeneratorOptional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BatchSplitTest {

  @ParameterizedTest
  @CsvSource({
    "0.1, 2, 128, 12, 24",
    "0.05, 2, 128, 6, 12",
    "0.01, 2, 128, 1, 2",
    "0.1, 2, 80, 8, 16", // the last batch of CIFAR-10
    "0.1, 2, 32, 3, 6", // of Tiny-ImageNet
    "0.1, 0, 128, 12, 0",
    "0.1, 0.5, 50, 5, 2",
    "0.5, 2, 10, 5, 5", // no more cross rows than the batch has
    "1, 2, 10, 10, 0"
  })
  void draw_countsAsTheBenchmark(
      double ratio, double crossRatio, int size, int backdoored, int cross) {
    try (TensorScope scope = TensorScope.open()) {
      BatchSplit split = BatchSplit.draw(ratio, crossRatio, size, Tensors.generator(new Seed(1)));

      assertThat(split).isEqualTo(new BatchSplit(backdoored, cross));
    }
  }

  @ParameterizedTest
  @CsvSource({"0.005, 0.64", "0.001, 0.128"})
  void draw_lessThanOneRow_isMetOnAverage(double ratio, double expected) {
    try (TensorScope scope = TensorScope.open()) {
      GeneratorOptional generator = Tensors.generator(new Seed(1));
      int draws = 4000;
      int total = 0;
      for (int i = 0; i < draws; i++) {
        BatchSplit split = BatchSplit.draw(ratio, 2, 128, generator);
        assertThat(split.backdoored()).isBetween(0, 1);
        assertThat(split.cross()).isEqualTo(2 * split.backdoored());
        total += split.backdoored();
      }
      assertThat((double) total / draws).isEqualTo(expected, within(0.03));
    }
  }
}
