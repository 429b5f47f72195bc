package io.github.backdoor4j.core.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.backdoor4j.core.UsageException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PoisonRateTest {

  @ParameterizedTest
  @CsvSource({
    "0.25, 10, 2", // 2.5 to even
    "0.75, 10, 8", // 7.5 to even
    "0.25, 2, 0", // 0.5 to even
    "0.5, 3, 2", // 1.5 to even
    "0.5, 5, 2", // 2.5 to even
    "0.1, 39209, 3921", // 3920.9
    "0.05, 39209, 1960", // 1960.45
    "1, 7, 7",
  })
  void count_roundsHalfToEven(double ratio, int size, int expected) {
    assertThat(PoisonRate.ofDataset(ratio).count(size, 1)).isEqualTo(expected);
    assertThat(new PoisonRate(ratio, PoisonRate.Of.ELIGIBLE).count(1_000_000, size))
        .isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -0.1, 1.0000001, Double.NaN, Double.POSITIVE_INFINITY})
  void ratio_outsideItsRange_isRefused(double ratio) {
    assertThatThrownBy(() -> PoisonRate.ofDataset(ratio))
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll("ratio", "(0, 1]", String.valueOf(ratio));
  }

  @Test
  void ofDataset_isTheFieldsDenominator() {
    assertThat(PoisonRate.ofDataset(0.1)).isEqualTo(new PoisonRate(0.1, PoisonRate.Of.DATASET));
  }
}
