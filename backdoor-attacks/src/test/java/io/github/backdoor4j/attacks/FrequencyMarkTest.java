package io.github.backdoor4j.attacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.AbstractTensor;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FrequencyMarkTest {

  private static final List<Integer> POSITIONS = List.of(15, 31);

  private static double[] pattern(double magnitude, int window, int height, int width) {
    try (TensorScope scope = TensorScope.open()) {
      return Tensors.toDoubles(
          new FrequencyMark(POSITIONS, magnitude, window).pattern(height, width));
    }
  }

  @Test
  void pattern_ofMagnitude30_matchesTheVectors() {
    double[] q = pattern(30, 32, 32, 32);

    assertThat(Arrays.copyOf(q, 4))
        .containsExactly(new double[] {1.0339, -0.8411, -1.1693, 0.5630}, within(5e-5));
    assertThat(Arrays.stream(q).map(Math::abs).max().orElseThrow()).isEqualTo(3.1944, within(5e-5));
  }

  @Test
  void pattern_ofMagnitude100_matchesTheVectors() {
    double[] q = pattern(100, 32, 32, 32);

    double[] first = {3.44635, -2.80365, -3.89758, 1.87667, 4.49136, -1.28289};
    assertThat(Arrays.copyOf(q, 6)).containsExactly(first, within(5e-6));
    assertThat(q[15 * 32 + 16]).isEqualTo(-9.05365, within(5e-6));
    assertThat(Math.abs(q[12 * 32 + 12])).isEqualTo(10.6481, within(5e-5));
    assertThat(Arrays.stream(q).map(Math::abs).max().orElseThrow())
        .isEqualTo(10.6481, within(5e-5));
    assertThat(meanSquare(q)).isEqualTo(19.53125, within(1e-9));
  }

  @Test
  void pattern_inAWindowOf64_matchesTheVectors() {
    double[] q = pattern(100, 0, 64, 64);

    assertThat(Arrays.copyOf(q, 4))
        .containsExactly(new double[] {4.3594, -0.1674, -2.5619, -1.1600}, within(5e-5));
    assertThat(meanSquare(q)).isEqualTo(4.8828125, within(1e-9));
    assertThat(Arrays.stream(q).map(Math::abs).max().orElseThrow()).isEqualTo(6.01, within(5e-3));
  }

  private static double meanSquare(double[] values) {
    return Arrays.stream(values).map(v -> v * v).average().orElseThrow();
  }

  @ParameterizedTest
  @CsvSource({"28, 28", "64, 64", "96, 224", "33, 70"})
  void pattern_atOtherSizes_repeatsEvery32PixelsAndIsCutOff(int height, int width) {
    double[] q = pattern(30, 32, height, width);
    double[] tile = pattern(30, 32, 32, 32);

    assertThat(q).hasSize(height * width);
    for (int i = 0; i < q.length; i++) {
      assertThat(q[i]).isEqualTo(tile[i / width % 32 * 32 + i % width % 32]);
    }
  }

  @Test
  void pattern_isWhatRaisingTheCoefficientsOfAnImageAddsToIt() {
    double[] image = new double[32 * 32];
    Arrays.setAll(image, i -> (i * 97) % 256);
    try (TensorScope scope = TensorScope.open()) {
      Tensor spectrum = Dct.forward(AbstractTensor.create(image, 32, 32));
      for (int k : POSITIONS) {
        spectrum.narrow(0, k, 1).narrow(1, k, 1).add_(new Scalar(30.0));
      }
      double[] raised = Tensors.toDoubles(Dct.inverse(spectrum));
      double[] q = pattern(30, 32, 32, 32);

      for (int i = 0; i < image.length; i++) {
        assertThat(raised[i]).isEqualTo(image[i] + q[i], within(1e-10));
      }
    }
  }

  @Test
  void pattern_ofAWholeImage_mayBeOblong() {
    double[] q = pattern(10, 0, 32, 64);

    // an orthonormal transform keeps the sum of squares: two coefficients of 10
    assertThat(meanSquare(q) * q.length).isEqualTo(200, within(1e-9));
  }

  @ParameterizedTest
  @CsvSource({"0, 28, 40, 27", "16, 32, 32, 15"})
  void requireFit_frequencyBeyondTheWindow_namesTheLargest(
      int window, int height, int width, int largest) {
    FrequencyMark mark = new FrequencyMark(POSITIONS, 1, window);

    assertThatThrownBy(() -> mark.requireFit(height, width))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("31")
        .hasMessageContaining("0 to " + largest);
  }

  @Test
  void requireDistinct_emptyRepeatedOrOutOfRange_isRefused() {
    for (List<Integer> wrong :
        List.of(List.<Integer>of(), List.of(1, 1), List.of(3), List.of(-1))) {
      assertThatThrownBy(() -> FrequencyMark.requireDistinct("channels", wrong, 2))
          .as("channels %s", wrong)
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("channels");
    }
  }
}
