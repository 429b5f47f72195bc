package io.github.backdoor4j.core.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.backdoor4j.core.UsageException;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TensorsTest {

  private TensorScope scope;

  @BeforeEach
  void open() {
    scope = TensorScope.open();
  }

  @AfterEach
  void close() {
    scope.close();
  }

  @Test
  void bytes_areUnsigned() {
    Tensor tensor = Tensors.ofBytes(new byte[] {0, 127, -128, -1}, 2, 2);
    assertThat(tensor.scalar_type().intern()).isEqualTo(ScalarType.Byte);
    assertThat(Tensors.toLongs(tensor)).containsExactly(0, 127, 128, 255);
    assertThat(Tensors.toBytes(tensor)).containsExactly(0, 127, -128, -1);
  }

  @Test
  void values_comeBackInRowMajorOrder_whateverTheLayout() {
    float[] values = new float[2 * 3 * 2 * 2];
    for (int i = 0; i < values.length; i++) {
      values[i] = i;
    }
    Tensor tensor = Tensors.ofFloats(values, 2, 3, 2, 2).contiguous(MemoryFormat.ChannelsLast);
    assertThat(Tensors.toFloats(tensor)).isEqualTo(values);
    assertThat(Tensors.toFloats(tensor.narrow(1, 1, 1)))
        .containsExactly(4, 5, 6, 7, 16, 17, 18, 19);
  }

  @Test
  void values_thatDoNotFillTheShape_areTheCallersMistake() {
    assertThatThrownBy(() -> Tensors.ofFloats(new float[5], 2, 3))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("5 values")
        .hasMessageContaining("[2, 3]");
    assertThatThrownBy(() -> Tensors.ofBytes(new byte[7], 2, 3)).isInstanceOf(UsageException.class);
    assertThatThrownBy(() -> Tensors.ofLongs(new long[7], 2, 3)).isInstanceOf(UsageException.class);
  }

  @Test
  void emptyArrays_giveEmptyTensors() {
    assertThat(Tensors.ofLongs(new long[0]).shape()).containsExactly(0);
    assertThat(Tensors.ofFloats(new float[0], 0, 3).shape()).containsExactly(0, 3);
    assertThat(Tensors.ofBytes(new byte[0], 0, 3, 8, 8).shape()).containsExactly(0, 3, 8, 8);
    assertThat(Tensors.toFloats(Tensors.ofFloats(new float[0], 0, 3))).isEmpty();
    assertThat(Tensors.toDoubles(Tensors.ofFloats(new float[0]))).isEmpty();
    assertThat(Tensors.toLongs(Tensors.ofLongs(new long[0]))).isEmpty();
    assertThat(Tensors.toBytes(Tensors.ofBytes(new byte[0], 0))).isEmpty();
    assertThat(Tensors.sha256(Tensors.ofBytes(new byte[0], 0))).hasSize(64);
  }

  @Test
  void sha256_dependsOnValuesAndShape_notOnLayout() {
    Tensor tensor = torch.arange(new Scalar(24.0)).view(1, 4, 3, 2);
    String hash = Tensors.sha256(tensor);
    assertThat(hash).matches("[0-9a-f]{64}");
    assertThat(Tensors.sha256(tensor.contiguous(MemoryFormat.ChannelsLast))).isEqualTo(hash);
    assertThat(Tensors.sha256(tensor.view(1, 4, 2, 3))).isNotEqualTo(hash);
    assertThat(Tensors.sha256(tensor.add(new Scalar(1.0)))).isNotEqualTo(hash);
  }

  /** hashlib.sha256(struct.pack("<qq", 1, 3) + bytes([1, 2, 255])) in Python. */
  @Test
  void sha256_isThatOfExtentsAndBytes() {
    Tensor tensor = Tensors.ofBytes(new byte[] {1, 2, -1}, 1, 3);
    assertThat(Tensors.sha256(tensor))
        .isEqualTo("876c51f56a08fd7bbd9ef2f9c458323b49d0f5864cd1e1577ce54e3343026b08");
  }

  @Test
  void rows_areTakenInTheGivenOrder() {
    Tensor source = Tensors.ofLongs(new long[] {10, 11, 20, 21, 30, 31}, 3, 2);
    assertThat(Tensors.toLongs(Tensors.rows(source, new long[] {2, 0, 2})))
        .containsExactly(30, 31, 10, 11, 30, 31);
    assertThat(Tensors.rows(source, new long[0]).shape()).containsExactly(0, 2);
  }

  @Test
  void gradients_ofGradients_areSecondDerivatives() {
    Tensor x = torch.ones(1).mul(new Scalar(3.0)).set_requires_grad(true);
    Tensor cube = x.pow(new Scalar(3.0)).sum();
    Tensor first = Tensors.gradients(cube, true, x)[0];
    Tensor second = Tensors.gradients(first.sum(), false, x)[0];
    assertThat(Tensors.toFloats(first)).containsExactly(27);
    assertThat(Tensors.toFloats(second)).containsExactly(18);
    assertThat(x.grad().defined()).isFalse();
  }

  @Test
  void withoutGradients_recordsNothing_andEndsAfterwards() {
    Tensor x = torch.ones(1).set_requires_grad(true);
    assertThat(Tensors.withoutGradients(() -> x.mul(x)).requires_grad()).isFalse();
    assertThat(x.mul(x).requires_grad()).isTrue();
    assertThatThrownBy(
            () ->
                Tensors.withoutGradients(
                    () -> {
                      throw new IllegalStateException("on purpose");
                    }))
        .hasMessage("on purpose");
    assertThat(x.mul(x).requires_grad()).isTrue();
  }

  @Test
  void allFinite_seesNanAndInfinity() {
    assertThat(Tensors.allFinite(Tensors.ofFloats(new float[] {1, -1e38f}))).isTrue();
    assertThat(Tensors.allFinite(Tensors.ofFloats(new float[] {1, Float.NaN}))).isFalse();
    assertThat(Tensors.allFinite(Tensors.ofFloats(new float[] {Float.NEGATIVE_INFINITY})))
        .isFalse();
  }

  @Test
  void scalar_isNeverAnInteger() {
    assertThat(Tensors.scalar(1).isFloatingPoint()).isTrue();
  }

  /** The check value of CRC-32C in RFC 3720 and every catalogue: 0xE3069283 for "123456789". */
  @Test
  void crc32c_hasTheCheckValueOfTheStandard() {
    byte[] digits = "123456789".getBytes(java.nio.charset.StandardCharsets.US_ASCII);

    assertThat(Tensors.crc32c(Tensors.ofBytes(digits, 3, 3))).isEqualTo(0xE3069283L);
  }
}
