package io.github.backdoor4j.defenses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.stream.DoubleStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HistogramEntropyTest {

  private TensorScope scope;

  @BeforeEach
  void open() {
    scope = TensorScope.open();
  }

  @AfterEach
  void close() {
    scope.close();
  }

  /** The least value of all falls on an edge, the greatest beyond the last whole bin. */
  @ParameterizedTest
  @CsvSource({"0.1, 1.81951135", "0.01, 1.81951135", "0.5, 1.64622455"})
  void entropy_countsWhatFallsIntoWholeBins(double width, double first) {
    float[] channels = {0, 1, 2, 3, 4, 5, 6, 7, /**/ 0, 0, 0, 0, 0, 0, 0, 10};
    Tensor values = Tensors.ofFloats(channels, 2, 8).t();

    assertThat(HistogramEntropy.of(values, width))
        .containsExactly(new double[] {first, 0.11683997}, within(1e-8));
  }

  @Test
  void entropy_isAtMostThatOfAllDifferent_andIgnoresTheOrder() {
    Tensor values = Tensors.uniform(Tensors.generator(new Seed(2)), 0, 1, 200, 70);

    double[] entropies = HistogramEntropy.of(values, 0.1);

    assertThat(entropies).hasSize(70);
    assertThat(DoubleStream.of(entropies)).allMatch(h -> h > 2 && h <= Math.log(200));
    assertThat(HistogramEntropy.of(values.flip(0), 0.1)).containsExactly(entropies, within(1e-9));
  }

  @Test
  void entropy_ignoresScaleAndShiftOfAChannel() {
    Tensor values = Tensors.uniform(Tensors.generator(new Seed(3)), 0, 1, 100, 3);
    Tensor precise = values.to(ScalarType.Double);
    Tensor moved = precise.mul(new Scalar(7.0)).add(new Scalar(-2.0));

    assertThat(HistogramEntropy.of(moved, 0.3))
        .containsExactly(HistogramEntropy.of(precise, 0.3), within(1e-9));
  }

  @Test
  void constantChannel_hasNoEntropy_andLeavesTheOthersAlone() {
    Tensor values = Tensors.uniform(Tensors.generator(new Seed(4)), 0, 1, 50, 2);
    double alone = HistogramEntropy.of(values.narrow(1, 0, 1), 0.1)[0];
    values.narrow(1, 1, 1).fill_(new Scalar(0.3));

    double[] entropies = HistogramEntropy.of(values, 0.1);

    assertThat(entropies[0]).isCloseTo(alone, within(1e-9));
    assertThat(entropies[1]).isNaN();
    assertThat(HistogramEntropy.of(values.narrow(1, 1, 1), 0.1)).containsExactly(Double.NaN);
  }
}
