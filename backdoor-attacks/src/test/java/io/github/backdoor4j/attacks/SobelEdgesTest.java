package io.github.backdoor4j.attacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SobelEdgesTest {

  /** One image of 8×8 pixels, grey in all channels, as floats in [0, 1]. */
  private static Tensor image(java.util.function.IntBinaryOperator levels) {
    float[] values = new float[3 * 64];
    for (int i = 0; i < values.length; i++) {
      values[i] = levels.applyAsInt(i / 8 % 8, i % 8) / 255f;
    }
    return Tensors.ofFloats(values, 1, 3, 8, 8);
  }

  @Test
  void edges_ofAStep_matchTheVectors() {
    try (TensorScope scope = TensorScope.open()) {
      float[] row =
          Tensors.toFloats(SobelEdges.strength(image((y, x) -> x < 4 ? 50 : 150)).select(2, 3));

      assertThat(row)
          .containsExactly(new float[] {0, 0, 0, 70.7107f, 70.7107f, 0, 0, 0}, within(1e-3f));
    }
  }

  @ParameterizedTest
  @CsvSource({"39, 0", "40, 16"})
  void map_takesStepsFromFortyOn(int height, int pixels) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor map = SobelEdges.map(image((y, x) -> y < 4 ? 100 : 100 + height), 28);

      assertThat(map.sum().item_int()).isEqualTo(pixels);
    }
  }

  @Test
  void edges_ofADot_matchTheVectors() {
    try (TensorScope scope = TensorScope.open()) {
      Tensor strength = SobelEdges.strength(image((y, x) -> y == 3 && x == 3 ? 255 : 0));

      assertThat(at(strength, 3, 3)).isEqualTo(0, within(1e-3));
      assertThat(at(strength, 2, 2)).isEqualTo(63.75, within(1e-3));
      assertThat(at(strength, 4, 3)).isEqualTo(90.156, within(1e-3));
      assertThat(at(strength, 3, 2)).isEqualTo(90.156, within(1e-3));
      assertThat(at(strength, 5, 3)).isEqualTo(0, within(1e-3));
    }
  }

  private static double at(Tensor map, long y, long x) {
    return map.select(2, y).select(2, x).item_double();
  }

  @Test
  void drawn_showsEdgesInInk_andAFlatImageAsWhite() {
    try (TensorScope scope = TensorScope.open()) {
      Tensor ink = Tensors.ofFloats(new float[] {.25f, .5f, .75f}, 1, 3, 1, 1);
      Tensor step = SobelEdges.map(image((y, x) -> x < 4 ? 0 : 200), 28);
      Tensor flat = SobelEdges.map(image((y, x) -> 77), 28);

      float[] middle = Tensors.toFloats(SobelEdges.drawn(step, ink).select(3, 3).select(2, 0));

      assertThat(middle).containsExactly(.25f, .5f, .75f);
      assertThat(SobelEdges.drawn(flat, ink).min().item_double()).isEqualTo(1);
    }
  }
}
