package io.github.backdoor4j.core.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class NormalizationTest {

  private TensorScope scope;

  @BeforeEach
  void open() {
    scope = TensorScope.open();
  }

  @AfterEach
  void close() {
    scope.close();
  }

  /** The published statistics of CIFAR-10, CIFAR-100, Tiny-ImageNet; GTSRB is not normalised. */
  static Stream<Normalization> published() {
    return Stream.of(
        new Normalization(List.of(0.4914, 0.4822, 0.4465), List.of(0.247, 0.243, 0.261)),
        new Normalization(List.of(0.5071, 0.4865, 0.4409), List.of(0.2673, 0.2564, 0.2762)),
        new Normalization(List.of(0.4802, 0.4481, 0.3975), List.of(0.2302, 0.2265, 0.2262)),
        new Normalization(List.of(0.0, 0.0, 0.0), List.of(1.0, 1.0, 1.0)));
  }

  /** Every grey level in every channel. */
  private static Tensor greyLevels() {
    byte[] bytes = new byte[3 * 256];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) i;
    }
    return Tensors.ofBytes(bytes, 1, 3, 16, 16);
  }

  @ParameterizedTest
  @MethodSource("published")
  void everyGreyLevel_survivesARoundTrip(Normalization normalization) {
    Tensor normalized = normalization.normalize(greyLevels());
    assertThat(normalized.scalar_type().intern()).isEqualTo(ScalarType.Float);
    assertThat(normalization.toBytes(normalized).equal(greyLevels())).isTrue();
  }

  @Test
  void normalize_isUnitMinusMeanOverDeviation() {
    Normalization normalization = new Normalization(List.of(0.5, 0.25), List.of(0.25, 0.5));
    Tensor images = Tensors.ofBytes(new byte[] {0, -1, 51, 102}, 1, 2, 1, 2);
    double[] values = Tensors.toDoubles(normalization.normalize(images));
    // (0 - .5)/.25, (1 - .5)/.25, (.2 - .25)/.5, (.4 - .25)/.5
    assertThat(values).containsExactly(new double[] {-2, 2, -0.1, 0.3}, within(1e-6));
  }

  @Test
  void toBytes_roundsToNearestAndClamps() {
    Normalization plain = Normalization.uniform(1, 0, 1);
    Tensor values =
        Tensors.ofFloats(
            new float[] {-0.5f, 0.4f / 255, 0.6f / 255, 254.6f / 255, 1.5f}, 1, 1, 1, 5);
    assertThat(Tensors.toLongs(plain.toBytes(values))).containsExactly(0, 0, 1, 255, 255);
  }

  @Test
  void normalize_leavesItsArgumentAlone() {
    Tensor images = greyLevels();
    Normalization.uniform(3, 0.5, 0.5).normalize(images);
    assertThat(images.equal(greyLevels())).isTrue();
  }

  @Test
  void fromAndToUnit_areInverseAndDifferentiable() {
    Normalization normalization = Normalization.uniform(1, 0.5, 0.25);
    Tensor unit = torch.ones(1, 1, 2, 2).set_requires_grad(true);
    Tensor back = normalization.toUnit(normalization.fromUnit(unit));
    assertThat(back.allclose(unit)).isTrue();
    Tensor gradient = Tensors.gradients(normalization.fromUnit(unit).sum(), false, unit)[0];
    assertThat(Tensors.toFloats(gradient)).containsOnly(4);
  }

  @Test
  void unequalOrNonPositiveStatistics_areTheCallersMistake() {
    assertThatThrownBy(() -> new Normalization(List.of(0.5), List.of(0.5, 0.5)))
        .isInstanceOf(UsageException.class);
    assertThatThrownBy(() -> new Normalization(List.of(0.5), List.of(0.0)))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("positive");
  }
}
