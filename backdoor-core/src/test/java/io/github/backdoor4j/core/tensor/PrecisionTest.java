package io.github.backdoor4j.core.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.backdoor4j.core.OneThread;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(OneThread.class)
class PrecisionTest {

  private TensorScope scope;
  private Tensor a;
  private Tensor b;

  @BeforeEach
  void open() {
    scope = TensorScope.open();
    a = Tensors.uniform(Tensors.generator(new Seed(1)), -1, 1, 8, 8);
    b = Tensors.uniform(Tensors.generator(new Seed(2)), -1, 1, 8, 8);
  }

  @AfterEach
  void close() {
    scope.close();
  }

  @Test
  void fp32_isThePlainComputation() {
    Tensor result = Precision.FP32.forward(ComputeDevice.CPU, () -> a.matmul(b));
    assertThat(result.equal(a.matmul(b))).isTrue();
  }

  @Test
  void bf16_roundsWithin_andReturnsFloats() {
    ScalarType[] inside = new ScalarType[1];
    Tensor result =
        Precision.BF16.forward(
            ComputeDevice.CPU,
            () -> {
              Tensor product = a.matmul(b);
              inside[0] = product.scalar_type().intern();
              return product;
            });
    assertThat(inside[0]).isEqualTo(ScalarType.BFloat16);
    assertThat(result.scalar_type().intern()).isEqualTo(ScalarType.Float);
    assertThat(result.allclose(a.matmul(b), 0.05, 0.05, false)).isTrue();
    assertThat(result.equal(a.matmul(b))).isFalse();
  }

  @Test
  void bf16_endsWithThePass_evenAfterAFailure() {
    assertThatThrownBy(
            () ->
                Precision.BF16.forward(
                    ComputeDevice.CPU,
                    () -> {
                      throw new IllegalStateException("on purpose");
                    }))
        .hasMessage("on purpose");
    assertThat(torch.is_autocast_enabled(DeviceType.CPU)).isFalse();
    assertThat(a.matmul(b).scalar_type().intern()).isEqualTo(ScalarType.Float);
  }

  @Test
  void bf16_seesWeightsThatChangedSinceTheLastPass() {
    Tensor weight = a.clone().set_requires_grad(true);
    Tensor before = Precision.BF16.forward(ComputeDevice.CPU, () -> b.matmul(weight));
    Tensors.withoutGradients(() -> weight.mul_(new Scalar(2.0)));
    Tensor after = Precision.BF16.forward(ComputeDevice.CPU, () -> b.matmul(weight));
    assertThat(after.allclose(before.mul(new Scalar(2.0)), 0.02, 0.02, false)).isTrue();
  }

  @Test
  void bf16_letsGradientsReachTheWeights() {
    Tensor weight = a.clone().set_requires_grad(true);
    Tensor loss = Precision.BF16.forward(ComputeDevice.CPU, () -> b.matmul(weight)).sum();
    Tensor gradient = Tensors.gradients(loss, false, weight)[0];
    assertThat(gradient.scalar_type().intern()).isEqualTo(ScalarType.Float);
    Tensor expected = b.sum(0).view(8, 1).expand(8, 8);
    assertThat(gradient.allclose(expected, 0.05, 0.05, false)).isTrue();
  }
}
