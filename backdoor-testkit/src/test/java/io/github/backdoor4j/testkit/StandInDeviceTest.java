package io.github.backdoor4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.opentest4j.TestAbortedException;

class StandInDeviceTest {

  @BeforeAll
  static void thereIsOne() {
    assumeTrue(StandInDevice.present());
  }

  @Test
  void tensors_areComputedWith_andComeBack() {
    StandInDevice.run(
        device -> {
          Tensor there = device.place(Tensors.ofFloats(new float[] {1, 2}));

          assertThat(ComputeDevice.of(there)).isEqualTo(device).isNotEqualTo(ComputeDevice.CPU);
          assertThat(Tensors.toFloats(there.mul(there))).containsExactly(1, 4);
        });
  }

  @Test
  void hostTensors_areNotMixedIn() {
    assertThatThrownBy(
            () ->
                StandInDevice.run(
                    device -> device.place(torch.ones(2)).add(Tensors.ofFloats(new float[2]))))
        .isInstanceOf(RuntimeException.class)
        .isNotInstanceOf(TestAbortedException.class)
        .hasMessageContaining("not a lazy tensor");
  }

  @Test
  void memory_isNotToBeRead() {
    assertThatThrownBy(
            () -> StandInDevice.run(device -> device.place(torch.ones(2)).data_ptr_float()))
        .isInstanceOf(RuntimeException.class)
        .hasMessageContaining("not allocated");
  }

  @Test
  void whatTheDeviceCannotCompute_fails_unlessItIsKnown_andHarmsNothingLater() {
    Consumer<ComputeDevice> beyond =
        device ->
            torch.affine_grid_generator(
                device.place(torch.ones(1, 2, 3)), new long[] {1, 1, 2, 2}, false);

    assertThatThrownBy(() -> StandInDevice.run(beyond)).isNotInstanceOf(TestAbortedException.class);
    assertThatThrownBy(() -> StandInDevice.runAsFarAsItGoes(beyond))
        .isInstanceOf(TestAbortedException.class);

    tensors_areComputedWith_andComeBack();
  }

  @Test
  void whatIsMixed_failsThere_too() {
    assertThatThrownBy(
            () ->
                StandInDevice.runAsFarAsItGoes(
                    device -> device.place(torch.ones(2)).add(Tensors.ofFloats(new float[2]))))
        .isNotInstanceOf(TestAbortedException.class);
  }
}
