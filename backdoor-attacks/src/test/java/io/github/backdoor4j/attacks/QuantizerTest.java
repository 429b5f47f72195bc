package io.github.backdoor4j.attacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.TreeMap;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuantizerTest {

  private static final Quantizer EIGHT = new Quantizer(8, false);

  /** All grey levels from 0 to 255, squeezed. */
  private static float[] squeezed(Quantizer quantizer) {
    try (TensorScope scope = TensorScope.open()) {
      float[] levels = new float[256];
      for (int i = 0; i < levels.length; i++) {
        levels[i] = i;
      }
      return Tensors.toFloats(quantizer.apply(Tensors.ofFloats(levels, 1, 1, 16, 16)));
    }
  }

  @Test
  void apply_eightLevels_matchesTheVectors() {
    float[] values = squeezed(EIGHT);

    TreeMap<Float, Integer> firsts = new TreeMap<>();
    double squares = 0;
    double largest = 0;
    for (int v = 0; v < values.length; v++) {
      firsts.putIfAbsent(values[v], v);
      squares += (values[v] - v) * (values[v] - v);
      largest = Math.max(largest, Math.abs(values[v] - v));
    }
    assertThat(firsts.values()).containsExactly(0, 19, 55, 92, 128, 164, 201, 237);
    double[] exact = {0, 36.4286, 72.8571, 109.2857, 145.7143, 182.1429, 218.5714, 255};
    int level = 0;
    for (float value : firsts.keySet()) {
      assertThat((double) value).isEqualTo(exact[level++], within(1e-4));
    }
    assertThat(squares / 256).isEqualTo(110.153, within(1e-3));
    assertThat(largest).isEqualTo(18.143, within(1e-3));
  }

  @ParameterizedTest
  @CsvSource({"2, 127", "4, 42", "16, 8", "32, 4.097", "256, 0"})
  void apply_largestChange_fallsWithTheNumberOfLevels(int levels, double expected) {
    float[] values = squeezed(new Quantizer(levels, false));

    double largest = 0;
    for (int v = 0; v < values.length; v++) {
      largest = Math.max(largest, Math.abs(values[v] - v));
    }
    assertThat(largest).isEqualTo(expected, within(1e-3));
  }

  @Test
  void apply_toItsOwnResult_changesNothing() {
    try (TensorScope scope = TensorScope.open()) {
      Tensor once = Tensors.ofFloats(squeezed(EIGHT), 1, 1, 16, 16);

      assertThat(EIGHT.apply(once).allclose(once, 0, 1e-4, false)).isTrue();
      Tensor stored = EightBit.truncate(once);
      Tensor again = EIGHT.apply(stored.to(org.bytedeco.pytorch.global.torch.ScalarType.Float));
      assertThat(EightBit.truncate(again).equal(stored)).isTrue();
    }
  }

  @Test
  void apply_dithering_matchesTheVectors() {
    assertThat(dithered(2, 2, 100, 100, 100, 100))
        .containsExactly(new double[] {109.286, 109.286, 109.286, 72.857}, within(1e-3));
    assertThat(dithered(2, 3, 120, 120, 120, 120, 120, 120))
        .containsExactly(
            new double[] {109.286, 109.286, 109.286, 109.286, 145.714, 109.286}, within(1e-3));
    // by a separate program: levels 0 6 1 2 / 7 0 2 3 / 2 4 6 1
    assertThat(dithered(3, 4, 10, 200, 30, 90, 250, 5, 60, 128, 77, 140, 222, 33))
        .containsExactly(
            new double[] {
              0, 218.571, 36.429, 72.857, //
              255, 0, 72.857, 109.286, //
              72.857, 145.714, 218.571, 36.429
            },
            within(1e-3));
  }

  private static double[] dithered(int height, int width, float... values) {
    try (TensorScope scope = TensorScope.open()) {
      return Tensors.toDoubles(
          new Quantizer(8, true).apply(Tensors.ofFloats(values, 1, 1, height, width)));
    }
  }

  @Test
  void apply_dithering_treatsEachChannelAndImageByItself() {
    try (TensorScope scope = TensorScope.open()) {
      float[] values = new float[2 * 3 * 4 * 4];
      for (int i = 0; i < values.length; i++) {
        values[i] = i * 37 % 256;
      }
      Quantizer dithering = new Quantizer(8, true);
      Tensor images = Tensors.ofFloats(values, 2, 3, 4, 4);

      Tensor together = dithering.apply(images);

      Tensor alone = dithering.apply(images.narrow(0, 1, 1).narrow(1, 2, 1));
      assertThat(together.narrow(0, 1, 1).narrow(1, 2, 1).equal(alone)).isTrue();
    }
  }
}
