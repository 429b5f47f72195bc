package io.github.backdoor4j.core.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.backdoor4j.core.UsageException;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Expected numbers are what CPython's own {@code random} prints. */
class PythonSampleTest {

  @ParameterizedTest
  @CsvSource({
    // sizes of the benchmark's training sets and of 5 % of them: CIFAR, GTSRB, Tiny-ImageNet
    "0, 50000, 2500, 25247 49673 27562 2653 16968 33506 31845 26537 19877 31234",
    "0, 39209, 1960, 25247 27562 2653 16968 33506 31845 26537 19877",
    "0, 100000, 5000, 50494 99346 55125 5306 33936 67013 63691 53075",
    "0, 200, 10, 98 194 107 10 66 130 124 103 77 122",
    "0, 10, 10, 6 9 0 2 4 3 5 1 8 7",
    "5, 50, 20, 39 16 47 22 44 41 33 1 29 15 3 10 7 23 30 40 24 6 34 0",
    "-5, 50, 20, 39 16 47 22 44 41 33 1 29 15",
    "4294967303, 1000, 5, 230 783 367 351 818" // 2^32 + 7: a key of two words
  })
  void next_isWhatPythonDraws(long seed, int population, int size, String beginning) {
    int[] sample = new PythonSample(seed).next(population, size);

    int[] expected = Arrays.stream(beginning.split(" ")).mapToInt(Integer::parseInt).toArray();
    assertThat(sample).hasSize(size).startsWith(expected).doesNotHaveDuplicates();
    assertThat(Arrays.stream(sample)).allMatch(number -> 0 <= number && number < population);
  }

  @Test
  void next_again_goesOnInTheSameSequence() {
    PythonSample samples = new PythonSample(0);
    int[] first = samples.next(50_000, 2_500);
    int[] second = samples.next(50_000, 2_500);

    assertThat(second).startsWith(9606, 14403, 49424, 7425, 49259);
    assertThat(Arrays.stream(second).filter(n -> Arrays.stream(first).anyMatch(m -> m == n)))
        .hasSize(108);
  }

  @Test
  void next_moreThanThereAre_isRefused() {
    assertThatThrownBy(() -> new PythonSample(0).next(3, 4))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("4")
        .hasMessageContaining("3");
  }
}
