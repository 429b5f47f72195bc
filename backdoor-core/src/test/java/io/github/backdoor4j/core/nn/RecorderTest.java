package io.github.backdoor4j.core.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.backdoor4j.core.OneThread;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(OneThread.class)
class RecorderTest {

  private TensorScope scope;
  private Network network;

  @BeforeEach
  void open() {
    scope = TensorScope.open();
    network = TinyNetwork.network(new Seed(1));
  }

  @AfterEach
  void close() {
    scope.close();
  }

  private static Tensor images(int count) {
    return Tensors.uniform(Tensors.generator(new Seed(3)), -2, 2, count, 3, 8, 8);
  }

  @Test
  void recordedOutputs_areUsableAfterTheirBlocksScopeHasClosed() {
    Recorder recorder = new Recorder("conv", "relu", "avgpool");
    network.forward(images(2), recorder.taps()); // conv and relu run within a block
    assertThat(recorder.get("conv").isNull()).isFalse();
    assertThat(recorder.get("conv").shape()).containsExactly(2, 4, 8, 8);
    Tensor relu = recorder.get("relu");
    assertThat(relu.min().item_double()).isZero();
    assertThat(recorder.get("avgpool").allclose(relu.mean(2, 3))).isTrue();
  }

  @Test
  void recordedOutputs_outliveInnerScopes_whenTheRecorderIsOlder() {
    Recorder recorder = new Recorder("relu");
    double inside;
    try (TensorScope inner = TensorScope.open()) {
      network.forward(images(2), recorder.taps());
      inside = recorder.get("relu").sum().item_double();
    }
    assertThat(recorder.get("relu").sum().item_double()).isEqualTo(inside);
  }

  @Test
  void secondPass_replacesTheFirst() {
    Recorder recorder = new Recorder("avgpool");
    network.forward(images(2), recorder.taps());
    network.forward(images(5), recorder.taps());
    assertThat(recorder.get("avgpool").size(0)).isEqualTo(5);
  }

  @Test
  void recording_changesNothing() {
    Tensor plain = network.forward(images(2));
    Recorder recorder = new Recorder("conv", "norm", "relu", "avgpool", "linear");
    assertThat(network.forward(images(2), recorder.taps()).equal(plain)).isTrue();
    assertThat(recorder.get("linear").equal(plain)).isTrue();
  }

  @Test
  void recordedOutputs_canBeDifferentiated() {
    Tensor input = images(2).set_requires_grad(true);
    Recorder recorder = new Recorder("avgpool");
    network.forward(input, recorder.taps());
    Tensor gradient = Tensors.gradients(recorder.get("avgpool").sum(), false, input)[0];
    assertThat(gradient.abs().sum().item_double()).isPositive();
  }

  @Test
  void get_beforeAnyPass_saysWhatToDo() {
    Recorder recorder = new Recorder("relu");
    assertThatThrownBy(() -> recorder.get("relu"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("'relu'")
        .hasMessageContaining("forward pass");
    network.forward(torch.zeros(1, 3, 8, 8), recorder.taps());
    assertThatThrownBy(() -> recorder.get("conv")).isInstanceOf(UsageException.class);
  }

  @Test
  void unknownTap_isRefusedByThePass() {
    Recorder recorder = new Recorder("layer4");
    assertThatThrownBy(() -> network.forward(images(1), recorder.taps()))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("no tap 'layer4'");
  }
}
