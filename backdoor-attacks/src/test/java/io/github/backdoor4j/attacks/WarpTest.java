package io.github.backdoor4j.attacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WarpTest {

  private static final ComputeDevice CPU = ComputeDevice.CPU;

  /** The same shift everywhere. */
  private static Warp shift(double x, double y) {
    float[] noise = new float[32];
    Arrays.fill(noise, 0, 16, (float) x);
    Arrays.fill(noise, 16, 32, (float) y);
    return new Warp(noise, 4, 0.5, 1);
  }

  private static float[] warped(Warp warp, float[] image, int height, int width) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor images = Tensors.ofFloats(image, 1, 1, height, width);
      return Tensors.toFloats(Warp.apply(images, warp.grid(height, width, CPU)));
    }
  }

  private static float[] upTo15() {
    float[] values = new float[16];
    for (int i = 0; i < 16; i++) {
      values[i] = i;
    }
    return values;
  }

  @Test
  void apply_withoutShift_isTheIdentity() {
    assertThat(warped(shift(0, 0), upTo15(), 4, 4)).containsExactly(upTo15(), within(1e-5f));
  }

  @Test
  void apply_shiftInX_readsFromTheRight() {
    float[] result = warped(shift(1, 0), upTo15(), 4, 4);

    float[] expected = {0.1875f, 1.1875f, 2.1875f, 3};
    for (int row = 0; row < 4; row++) {
      for (int column = 0; column < 4; column++) {
        assertThat(result[4 * row + column]).isEqualTo(expected[column] + 4 * row, within(1e-5f));
      }
    }
  }

  @Test
  void apply_shiftInY_readsFromAbove() {
    float[] result = warped(shift(0, -2), upTo15(), 4, 4);

    assertThat(Arrays.copyOf(result, 4)).containsExactly(new float[] {0, 1, 2, 3}, within(1e-5f));
    assertThat(Arrays.copyOfRange(result, 4, 8))
        .containsExactly(new float[] {2.5f, 3.5f, 4.5f, 5.5f}, within(1e-5f));
    assertThat(result[12]).isEqualTo(10.5f, within(1e-5f));
  }

  @Test
  void apply_on32WideRamp_movesByAQuarterPixel() {
    float[] ramp = new float[32 * 32];
    for (int i = 0; i < ramp.length; i++) {
      ramp[i] = 8 * (i % 32);
    }

    float[] result = warped(shift(1, 0), ramp, 32, 32);

    assertThat(result[0]).isEqualTo(1.9375f, within(1e-4f));
    assertThat(result[1]).isEqualTo(9.9375f, within(1e-4f));
    assertThat(result[30]).isEqualTo(241.9375f, within(1e-4f));
    assertThat(result[31]).isEqualTo(248, within(1e-4f));
  }

  @ParameterizedTest
  @CsvSource({
    "0, '1, .58017, .12099, -.10933, -.04373, 0, 0, 0'",
    "1, '0, .49854, .95773, .84548, .30758, -.07872, -.07872, 0'"
  })
  void grid_betweenControlPoints_isBicubic(int control, String basis) {
    double[] expected =
        Arrays.stream(basis.split(","))
            .map(String::trim)
            .mapToDouble(Double::parseDouble)
            .toArray();
    for (int axis = 0; axis < 2; axis++) {
      double[] shifts = shifts(unitControl(axis, control), axis);
      assertThat(shifts).containsExactly(expected, within(1e-5));
    }
  }

  @Test
  void grid_basisSumsToOne() {
    double[] sum = new double[8];
    for (int control = 0; control < 4; control++) {
      double[] shifts = shifts(unitControl(0, control), 0);
      Arrays.setAll(sum, i -> sum[i] + shifts[i]);
    }

    assertThat(sum).containsExactly(new double[] {1, 1, 1, 1, 1, 1, 1, 1}, within(1e-5));
  }

  /** One control line shifted by 1 along an axis, so weakly that nothing is cut off. */
  private static Warp unitControl(int axis, int control) {
    float[] noise = new float[32];
    for (int along = 0; along < 4; along++) {
      int row = axis == 0 ? along : control;
      int column = axis == 0 ? control : along;
      noise[16 * axis + 4 * row + column] = 1;
    }
    return new Warp(noise, 4, 0.5, 0.5);
  }

  /** How far the 8×8 grid deviates from the identity along an axis, in units of s/8. */
  private static double[] shifts(Warp warp, int axis) {
    try (TensorScope scope = TensorScope.open()) {
      double[] grid = Tensors.toDoubles(warp.grid(8, 8, CPU));
      double[] result = new double[8];
      for (int i = 0; i < 8; i++) {
        int pixel = axis == 0 ? 3 * 8 + i : i * 8 + 3;
        double identity = -1 + 2 * i / 7.0;
        result[i] = (grid[2 * pixel + axis] / 0.5 - identity) * 8 / 0.5;
      }
      return result;
    }
  }

  @Test
  void draw_meanAbsoluteShiftIsOne_andDependsOnTheSeed() {
    Warp warp = Warp.draw(new Seed(1), 4, 0.5, 1);

    double mean = 0;
    for (float value : warp.noise()) {
      mean += Math.abs(value) / warp.noise().length;
    }
    assertThat(mean).isEqualTo(1, within(1e-6));
    assertThat(Warp.draw(new Seed(1), 4, 0.5, 1).noise()).isEqualTo(warp.noise());
    assertThat(Warp.draw(new Seed(2), 4, 0.5, 1).noise()).isNotEqualTo(warp.noise());
  }

  @ParameterizedTest
  @ValueSource(ints = {16, 28, 32, 64, 224})
  void apply_staysWithinTheRangeOfTheImage(int side) {
    float[] image = new float[side * side];
    for (int i = 0; i < image.length; i++) {
      image[i] = 10 + (i * 37) % 200;
    }

    for (float value : warped(Warp.draw(new Seed(3), 4, 2, 1), image, side, side)) {
      assertThat(value).isBetween(10f - 1e-3f, 209f + 1e-3f);
    }
  }

  @Test
  void apply_imageWiderThanHigh_shiftsEachAxisByItsOwnSide() {
    float[] ramp = new float[4 * 8];
    for (int i = 0; i < ramp.length; i++) {
      ramp[i] = i % 8;
    }

    float[] result = warped(shift(1, 0), ramp, 4, 8);

    assertThat(result[0]).isEqualTo(0.5f / 8 * 7 / 2, within(1e-5f));
  }

  @Test
  void disturbed_addsOwnNoisePerImage_andStaysInside() {
    try (TensorScope scope = TensorScope.open()) {
      Tensor grid = shift(0, 0).grid(4, 4, CPU);
      Tensor noise = Tensors.uniform(Tensors.generator(new Seed(1)), -1, 1, 2, 4, 4, 2);

      double[] before = Tensors.toDoubles(grid);
      double[] after = Tensors.toDoubles(Warp.disturbed(grid, noise));
      double[] added = Tensors.toDoubles(noise);

      for (int i = 0; i < after.length; i++) {
        double expected = Math.min(1, Math.max(-1, before[i % before.length] + added[i] / 4));
        assertThat(after[i]).isEqualTo(expected, within(1e-6));
      }
    }
  }
}
