package io.github.backdoor4j.core.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.backdoor4j.core.UsageException;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ComputeDeviceTest {

  @Test
  void cpu_isTheCpu() {
    assertThat(ComputeDevice.parse("cpu")).isEqualTo(ComputeDevice.CPU).hasToString("cpu");
  }

  @Test
  void auto_isCudaWhereThereIsOne() {
    ComputeDevice expected = Engine.cudaAvailable() ? ComputeDevice.cuda(0) : ComputeDevice.CPU;
    assertThat(ComputeDevice.parse("auto")).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpu", "CPU", "", "cuda:", "cuda:-1", "cuda:x", "cuda:1234", " cpu"})
  void otherTexts_areRefusedWithWhatIsAllowed(String text) {
    assertThatThrownBy(() -> ComputeDevice.parse(text))
        .isInstanceOf(UsageException.class)
        .hasMessage("device must be auto, cpu, cuda or cuda:n, but was '%s'", text);
  }

  @Test
  void absentDevice_isRefusedWithTheRemedy() {
    assertThatThrownBy(() -> ComputeDevice.parse("cuda:999"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("'cuda:999' is not there")
        .hasMessageContaining(Engine.cudaDevices() + " CUDA device(s)")
        .hasMessageContaining("--device cpu");
  }

  @Test
  void cudaDevices_areNamedWithTheirIndex() {
    assertThat(ComputeDevice.cuda(2)).hasToString("cuda:2");
  }

  @Test
  void otherDevicesOfLibtorch_areToldApart() {
    try (TensorScope scope = TensorScope.open()) {
      ComputeDevice meta = new ComputeDevice("meta", 0);
      Tensor there = meta.place(torch.ones(2));

      assertThat(ComputeDevice.of(there).type()).isEqualTo("meta");
      assertThat(meta.cuda()).isFalse();
    }
  }

  @Test
  void place_returnsATensorThatIsThereAlready() {
    try (TensorScope scope = TensorScope.open()) {
      Tensor tensor = torch.ones(2);
      assertThat(ComputeDevice.of(tensor)).isEqualTo(ComputeDevice.CPU);
      assertThat(ComputeDevice.CPU.place(tensor)).isSameAs(tensor);
      assertThat(ComputeDevice.CPU.place(Tensors.ofLongs(new long[] {1})).scalar_type().intern())
          .isEqualTo(ScalarType.Long);
    }
  }
}
