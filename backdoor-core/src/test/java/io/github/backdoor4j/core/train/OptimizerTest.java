package io.github.backdoor4j.core.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.backdoor4j.core.OneThread;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.record.Json;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.io.IOException;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The update rules against PyTorch's own, see {@code torch_training_reference.py}. */
@ExtendWith(OneThread.class)
class OptimizerTest {

  private static final int VALUES = 5;

  private TensorScope scope;

  @BeforeEach
  void open() {
    scope = TensorScope.open();
  }

  @AfterEach
  void close() {
    scope.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7})
  void steps_equalPyTorch(int index) throws IOException {
    JsonNode expected = References.torchTraining().get("optimizers").get(index);
    OptimizerSpec spec = Json.mapper().treeToValue(expected.get("spec"), OptimizerSpec.class);
    Tensor w = torch.arange(new Scalar(VALUES)).to(ScalarType.Double);
    w.mul_(new Scalar(-0.3)).add_(new Scalar(0.5));
    Optimizer optimizer = Optimizer.create(spec, Map.of("w", w));

    JsonNode trajectory = expected.get("weights");
    for (int step = 0; step < trajectory.size(); step++) {
      double rate = step < 4 ? spec.learningRate() : spec.learningRate() / 2;
      optimizer.step(Map.of("w", gradient(step)), rate);
      double[] values = Tensors.toDoubles(w);
      for (int i = 0; i < VALUES; i++) {
        assertThat(values[i])
            .as("%s, value %d after step %d", spec, i, step)
            .isCloseTo(trajectory.get(step).get(i).asDouble(), within(1e-9));
      }
    }
    assertThat(optimizer.steps()).isEqualTo(trajectory.size());
  }

  private static Tensor gradient(int step) {
    double[] values = new double[VALUES];
    for (int i = 0; i < VALUES; i++) {
      values[i] = Math.sin(1 + 3 * step + i) * Math.exp(-0.7 * step);
    }
    Tensor gradient = torch.zeros(VALUES).to(ScalarType.Double);
    gradient.data_ptr_double().put(values);
    return gradient;
  }

  @Test
  void step_withoutAGradient_leavesAParameterAlone() {
    Tensor touched = torch.ones(2);
    Tensor other = torch.ones(2);
    Optimizer optimizer =
        Optimizer.create(
            new OptimizerSpec.Sgd(0.1, 0.9, 0.5, false), Map.of("a", touched, "b", other));
    optimizer.step(Map.of("a", torch.ones(2)), 0.1);
    assertThat(Tensors.toFloats(touched)).containsOnly(1 - 0.1f * 1.5f);
    assertThat(Tensors.toFloats(other)).containsOnly(1); // no decay either
  }

  @Test
  void step_atRateZero_movesTheStateButNotTheWeights() {
    Tensor w = torch.ones(2);
    Optimizer optimizer =
        Optimizer.create(new OptimizerSpec.Sgd(0.1, 0.9, 0, false), Map.of("w", w));
    optimizer.step(Map.of("w", torch.ones(2)), 0);
    assertThat(Tensors.toFloats(w)).containsOnly(1);
    assertThat(Tensors.toFloats(optimizer.state("velocity", "w"))).containsOnly(1);
  }

  @Test
  void specs_outOfRange_nameTheOption() {
    assertThatThrownBy(() -> new OptimizerSpec.Sgd(-1, 0, 0, false))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("learning_rate must not be negative, but was -1.0");
    assertThatThrownBy(() -> new OptimizerSpec.Sgd(0.1, 1.5, 0, false))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("momentum must lie in [0.0, 1.0], but was 1.5");
    assertThatThrownBy(() -> OptimizerSpec.Adam.of(0.1, 0.9, -0.1))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("beta2");
    assertThatThrownBy(() -> new OptimizerSpec.AdamW(0.1, 0.9, 0.999, 0, 0))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("epsilon");
  }
}
