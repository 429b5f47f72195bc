package io.github.backdoor4j.attacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.Arrays;
import org.bytedeco.pytorch.AbstractTensor;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Numbers that the specification lacks come from NumPy and SciPy. */
class GaussianSmoothingTest {

  private static double[] smoothRamps(GaussianSmoothing smoothing) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor ramps = Tensors.ofBytes(TestImages.ramps(32), 1, 3, 32, 32).to(ScalarType.Double);
      return Tensors.toDoubles(smoothing.apply(ramps));
    }
  }

  @Test
  void universal_taps_matchTheVectors() {
    double[] taps = GaussianSmoothing.universal().taps();

    assertThat(Arrays.copyOf(taps, 15))
        .containsExactly(
            new double[] {
              .00363, .00536, .00769, .01073, .01456, .01922, .02468, .03082, .03744, .04423,
              .05082, .05679, .06172, .06525, .06709
            },
            within(5e-6));
    for (int i = 0; i < 15; i++) {
      assertThat(taps[29 - i]).isEqualTo(taps[i]);
    }
    assertThat(Arrays.stream(taps).sum()).isEqualTo(1, within(1e-12));
  }

  @Test
  void universal_onOnes_reachesFurtherDownAndRight() {
    double[] ones = new double[32 * 32];
    Arrays.fill(ones, 1);
    try (TensorScope scope = TensorScope.open()) {
      Tensor smooth =
          GaussianSmoothing.universal().apply(AbstractTensor.create(ones, 1, 1, 32, 32));
      double[] values = Tensors.toDoubles(smooth);

      // both directions act: along the middle row, where the vertical sum is 1, a row is 1-D
      double[] row = Arrays.copyOfRange(values, 15 * 32, 16 * 32);
      assertThat(Arrays.copyOf(row, 3))
          .containsExactly(new double[] {.56709, .63233, .69406}, within(5e-6));
      assertThat(row[15]).isEqualTo(1, within(1e-12));
      assertThat(row[31]).isEqualTo(.5, within(1e-12));
      assertThat(values[31 * 32 + 31]).isEqualTo(.25, within(1e-12));
    }
  }

  @Test
  void universal_onRamps_matchesNumPy() {
    double[] smooth = smoothRamps(GaussianSmoothing.universal());

    assertThat(smooth[0]).isEqualTo(17.492233218513174, within(1e-9));
    assertThat(smooth[5 * 32 + 20]).isEqualTo(122.39895456195812, within(1e-9));
    assertThat(smooth[1023]).isEqualTo(17.861859139528505, within(1e-9));
  }

  @ParameterizedTest
  @CsvSource({"1, 5", "1.5, 7", "2.5, 11", "5, 21"})
  void blur_size_matchesTheVectors(double sigma, int size) {
    GaussianSmoothing blur = GaussianSmoothing.blur(sigma);

    assertThat(blur.taps()).hasSize(size);
    assertThat(blur.before()).isEqualTo(size / 2);
    assertThat(blur.after()).isEqualTo(size / 2);
  }

  @Test
  void blur_onRamps_mirrorsTheSurroundingsAsSciPy() {
    double[] smooth = smoothRamps(GaussianSmoothing.blur(1.5));

    assertThat(smooth[0]).isEqualTo(13.18092898725743, within(1e-9));
    assertThat(smooth[5 * 32 + 20]).isEqualTo(135, within(1e-9));
    assertThat(smooth[1023]).isEqualTo(102.81907101274254, within(1e-9));
  }

  @ParameterizedTest
  @ValueSource(ints = {11, 28, 64, 224})
  void blur_ofAFlatImage_isThatImage(int side) {
    double[] flat = new double[2 * 3 * side * side];
    Arrays.fill(flat, 0.25);
    try (TensorScope scope = TensorScope.open()) {
      Tensor images = AbstractTensor.create(flat, 2, 3, side, side);

      Tensor smooth = GaussianSmoothing.blur(5).apply(images);

      assertThat(smooth.shape()).containsExactly(2, 3, side, side);
      assertThat(smooth.sub(images).abs().max().item_double()).isLessThan(1e-12);
    }
  }
}
