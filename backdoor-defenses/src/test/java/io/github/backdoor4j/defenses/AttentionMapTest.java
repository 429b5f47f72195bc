package io.github.backdoor4j.defenses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.stream.DoubleStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AttentionMapTest {

  private static final AttentionMap SQUARE = new AttentionMap(2);

  private TensorScope scope;

  @BeforeEach
  void open() {
    scope = TensorScope.open();
  }

  @AfterEach
  void close() {
    scope.close();
  }

  /** Two channels of 2×2. */
  private static Tensor features(float... values) {
    return Tensors.ofFloats(values, 1, 2, 2, 2);
  }

  private static Tensor example() {
    return features(1, -2, 0, 3, 2, 0, 1, 1);
  }

  @Test
  void map_ofTwoChannels_isTheNormalisedSumOfSquares() {
    assertThat(Tensors.toDoubles(SQUARE.of(example())))
        .containsExactly(
            new double[] {0.41959064, 0.33567252, 0.08391813, 0.83918129}, within(1e-7));
  }

  @Test
  void map_ofEqualValues_isEverywhereTheSame() {
    assertThat(Tensors.toDoubles(SQUARE.of(features(1, 1, 1, 1, 1, 1, 1, 1))))
        .containsExactly(
            new double[] {0.49999988, 0.49999988, 0.49999988, 0.49999988}, within(1e-7));
    assertThat(DoubleStream.of(Tensors.toDoubles(SQUARE.of(torch.ones(1, 2, 7, 7)))).boxed())
        .hasSize(49)
        .allSatisfy(value -> assertThat(value).isCloseTo(0.14285714, within(1e-7)));
  }

  @Test
  void meanSquaredDifference_ofBoth_isTheTextbooks() {
    Tensor ones = SQUARE.of(features(1, 1, 1, 1, 1, 1, 1, 1));

    double difference = SQUARE.of(example()).sub(ones).square().mean().item_double();

    assertThat(difference).isCloseTo(0.08040929, within(1e-7));
    assertThat(500 * difference).isCloseTo(40.20464700, within(1e-4));
  }

  /** So nothing can be learnt from it. */
  @Test
  void map_ofOnePixel_isOneWhateverTheFeatures() {
    double small = SQUARE.of(torch.ones(1, 2, 1, 1).mul(new Scalar(0.5))).item_double();
    double large = SQUARE.of(torch.ones(1, 2).mul(new Scalar(7.0))).item_double();

    assertThat(small).isCloseTo(0.999998, within(1e-6));
    assertThat(large).isCloseTo(0.99999999, within(1e-7));
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.01, 30})
  void map_doesNotDependOnTheScale(double scale) {
    Tensor scaled = SQUARE.of(example().mul(new Scalar(scale)));

    assertThat(scaled.allclose(SQUARE.of(example()), 1e-2, 1e-6, false)).isTrue();
  }

  @Test
  void map_ofTokens_isOverTheTokens() {
    Tensor map = SQUARE.of(example().flatten(2, 3).transpose(1, 2));

    assertThat(map.equal(SQUARE.of(example()))).isTrue();
  }

  @Test
  void map_whereNothingIsActive_isZero_andSoIsItsGradient() {
    Tensor features = torch.zeros(2, 3, 2, 2);
    features.set_requires_grad(true);

    Tensor map = SQUARE.of(features);
    Tensor gradient = Tensors.gradients(map.sum(), false, features)[0];

    assertThat(Tensors.toDoubles(map)).containsOnly(0);
    assertThat(Tensors.toDoubles(gradient)).containsOnly(0);
  }

  @ParameterizedTest
  @ValueSource(doubles = {1, 2, 3})
  void gradient_isThatOfFiniteDifferences(double power) {
    AttentionMap attention = new AttentionMap(power);
    Tensor target = attention.of(features(1, 5, 2, 1, 3, 1, 1, 2)).to(ScalarType.Double);
    Tensor features = random();
    features.set_requires_grad(true);

    double[] gradient =
        Tensors.toDoubles(
            Tensors.gradients(attention.of(features).sub(target).square().mean(), false, features)[
                0]);

    double h = 1e-6;
    for (int i = 0; i < gradient.length; i++) {
      double up = loss(attention, target, i, h);
      double down = loss(attention, target, i, -h);
      assertThat(gradient[i]).isCloseTo((up - down) / (2 * h), within(1e-7));
    }
  }

  private static Tensor random() {
    return Tensors.uniform(Tensors.generator(new Seed(1)), -1, 1, 1, 2, 2, 2).to(ScalarType.Double);
  }

  private static double loss(AttentionMap attention, Tensor target, int value, double shift) {
    try (TensorScope inner = TensorScope.open()) {
      Tensor features = random();
      features.view(-1).narrow(0, value, 1).add_(new Scalar(shift));
      return attention.of(features).sub(target).square().mean().item_double();
    }
  }

  @Test
  void features_ofOneDimension_areRefused() {
    Tensor vector = torch.ones(3);

    assertThatThrownBy(() -> SQUARE.of(vector))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("[3]");
  }
}
