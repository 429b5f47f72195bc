package io.github.backdoor4j.attacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.nn.Model;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.testkit.OneThread;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(OneThread.class)
class GeneratorsTest {

  /** Where outputs are compared: values in row-major order. */
  private static final int[] PLACES = {0, 100, 777, 1535};

  private static float[] waves(int count, double step, double phase, double height) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) (height * Math.sin(step * i + phase));
    }
    return values;
  }

  /** Weights of kernels and biases that a few lines of Python can make too; others stay one. */
  private static void fill(Model model) {
    model.initialize(new Seed(1));
    Map<String, Tensor> state = new LinkedHashMap<>(model.state());
    int number = 0;
    for (Map.Entry<String, Tensor> parameter : model.parameters().entrySet()) {
      Tensor tensor = parameter.getValue();
      boolean bias = parameter.getKey().endsWith(".bias");
      if (bias || tensor.dim() == 4) {
        float[] values = waves((int) tensor.numel(), 1.9, number, bias ? 0.1 : 0.2);
        state.put(parameter.getKey(), Tensors.ofFloats(values, tensor.shape()));
      }
      number++;
    }
    model.copyState(state);
  }

  private static void assertOutputs(Model model, double tolerance, double... expected) {
    fill(model);
    model.training(true);
    Tensor images = Tensors.ofFloats(waves(2 * 3 * 16 * 16, 0.11, 0, 1), 2, 3, 16, 16);

    float[] values = Tensors.toFloats(model.apply(images));

    assertThat(values).hasSize(2 * 3 * 16 * 16);
    for (int i = 0; i < PLACES.length; i++) {
      assertThat((double) values[PLACES[i]])
          .as("value %d", PLACES[i])
          .isEqualTo(expected[i], within(tolerance));
    }
  }

  // Expected outputs are those of the same networks written with PyTorch 1.13's own modules.

  @Test
  void patternGenerator_computesAsTheReference() {
    try (TensorScope scope = TensorScope.open()) {
      assertOutputs(new PatternGenerator(3, 3, 4, false), 1e-4, 0.76045, 0.00990, 0.65447, 0.46592);
      assertOutputs(new PatternGenerator(3, 3, 4, true), 1e-4, 0.73920, 0.12342, 0.64974, 0.46597);
    }
  }

  @Test
  void autoencoder_computesAsTheReference() {
    try (TensorScope scope = TensorScope.open()) {
      assertOutputs(new Autoencoder(3), 1e-4, -0.10440, -0.39531, -0.18448, 0.04357);
    }
  }

  @Test
  void unet_computesAsTheReference() {
    try (TensorScope scope = TensorScope.open()) {
      assertOutputs(new UNetA(3), 2e-3, 0.07172, 0.99230, -0.22315, 0.07322);
    }
  }

  @Test
  void parameters_areAsManyAsPublished() {
    try (TensorScope scope = TensorScope.open()) {
      assertThat(new PatternGenerator(3, 3, 32, false).parameterCount()).isEqualTo(723_273);
      assertThat(new PatternGenerator(3, 1, 32, false).parameterCount()).isEqualTo(722_691);
      assertThat(new Autoencoder(3).parameterCount()).isEqualTo(346_659);
      assertThat(new UNetA(3).parameterCount()).isEqualTo(7_788_681);
    }
  }

  @Test
  void patternGenerator_movesRunningStatisticsByOneTwentieth() {
    try (TensorScope scope = TensorScope.open()) {
      PatternGenerator generator = new PatternGenerator(3, 3, 2, false);
      generator.initialize(new Seed(1));
      generator.training(true);

      generator.apply(Tensors.ofFloats(new float[2 * 3 * 16 * 16], 2, 3, 16, 16));

      // black images: the batch variance is 0, and 0.95 of the one before is left
      float[] variance =
          Tensors.toFloats(
              java.util.Objects.requireNonNull(generator.buffers().get("down1.1.bn.running_var")));
      assertThat(variance).containsOnly(0.95f);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {16, 20, 28, 32, 33, 64})
  void outputs_haveTheShapeOfTheImages(int side) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor images = Tensors.ofFloats(waves(2 * 3 * side * side, 0.1, 0, 1), 2, 3, side, side);
      for (Model model : new Model[] {new PatternGenerator(3, 3, 2, false), new Autoencoder(3)}) {
        model.initialize(new Seed(1));
        assertThat(Frozen.apply(model, images).shape()).containsExactly(2, 3, side, side);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "-1, .119203, .178993",
    "0, .5, .5",
    "0.5, .731059, .715904",
    "1, .880797, .821007",
    "3, .997527, .879755"
  })
  void squashed_matchesTheVectors(float z, double once, double twice) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor input = Tensors.ofFloats(new float[] {z});

      assertThat(PatternGenerator.squashed(input, false).item_double())
          .isEqualTo(once, within(1e-6));
      assertThat(PatternGenerator.squashed(input, true).item_double())
          .isEqualTo(twice, within(1e-6));
    }
  }
}
