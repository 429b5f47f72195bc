package io.github.backdoor4j.defenses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import org.bytedeco.pytorch.AbstractTensor;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class WeightCurveTest {

  private TensorScope scope;

  @BeforeEach
  void open() {
    scope = TensorScope.open();
  }

  @AfterEach
  void close() {
    scope.close();
  }

  private static Map<String, Tensor> point(double a, double b) {
    return Map.of("w", Tensors.ofFloats(new float[] {(float) a, (float) b}));
  }

  private static WeightCurve curve(CurveShape shape) {
    return new WeightCurve(shape, point(1, 2), point(3, 0), point(5, 4));
  }

  private static double[] at(WeightCurve curve, double t) {
    return Tensors.toDoubles(curve.at(t).get("w"));
  }

  @Test
  void coefficients_nearTheStart_areTheTextbooks() {
    assertThat(CurveShape.BEZIER.coefficients(0.1))
        .containsExactly(new double[] {0.81, 0.18, 0.01}, within(1e-15));
    assertThat(CurveShape.POLYCHAIN.coefficients(0.1))
        .containsExactly(new double[] {0.8, 0.2, 0}, within(1e-15));
  }

  @Test
  void weights_nearTheStart_areTheMix() {
    assertThat(at(curve(CurveShape.BEZIER), 0.1))
        .containsExactly(new double[] {1.4, 1.66}, within(1e-6));
    assertThat(at(curve(CurveShape.POLYCHAIN), 0.1))
        .containsExactly(new double[] {1.4, 1.6}, within(1e-6));
  }

  @ParameterizedTest
  @EnumSource
  void coefficients_sumToOneEverywhere(CurveShape shape) {
    for (int i = 0; i <= 20; i++) {
      double[] c = shape.coefficients(i / 20.0);
      assertThat(c[0] + c[1] + c[2]).as("t = %s", i / 20.0).isCloseTo(1, within(1e-15));
      assertThat(DoubleStream.of(c).boxed()).allMatch(value -> value >= 0);
    }
  }

  @ParameterizedTest
  @EnumSource
  void ends_areTheGivenWeightsExactly(CurveShape shape) {
    assertThat(at(curve(shape), 0)).containsExactly(1, 2);
    assertThat(at(curve(shape), 1)).containsExactly(5, 4);
  }

  @Test
  void straightCurve_startsWithItsBendHalfway_freeToMove() {
    WeightCurve curve = WeightCurve.straight(CurveShape.BEZIER, point(1, 2), point(5, 4));

    assertThat(Tensors.toFloats(curve.bend().get("w"))).containsExactly(3, 3);
    assertThat(curve.bend().get("w").requires_grad()).isTrue();
    assertThat(curve.at(0.3).get("w").requires_grad()).isTrue();
  }

  /** A curved loss, so that the gradient depends on where it is taken. */
  private static double loss(CurveShape shape, double[] bend, double t) {
    try (TensorScope inner = TensorScope.open()) {
      return lossOf(shape, bendOf(bend), t).item_double();
    }
  }

  private static Map<String, Tensor> bendOf(double[] values) {
    Tensor bend = AbstractTensor.create(values); // of doubles
    bend.set_requires_grad(true);
    return Map.of("w", bend);
  }

  private static Tensor lossOf(CurveShape shape, Map<String, Tensor> bend, double t) {
    Map<String, Tensor> start = Map.of("w", AbstractTensor.create(1.0, 2.0));
    Map<String, Tensor> end = Map.of("w", AbstractTensor.create(5.0, 4.0));
    return new WeightCurve(shape, start, bend, end).at(t).get("w").sin().prod();
  }

  /** dL/dφ against finite differences, and against the coefficient times dL/dθ. */
  @ParameterizedTest
  @EnumSource
  void gradientOfTheBend_isItsShareOfTheGradientOfTheWeights(CurveShape shape) {
    double t = 0.3;
    double h = 1e-6;
    double[] bend = {3, 0};
    Map<String, Tensor> leaf = bendOf(bend);

    double[] gradient =
        Tensors.toDoubles(WeightSpace.gradients(lossOf(shape, leaf, t), leaf).get("w"));

    double[] c = shape.coefficients(t);
    double x = c[0] + 3 * c[1] + 5 * c[2];
    double y = 2 * c[0] + 4 * c[2];
    double[] byHand = {c[1] * Math.cos(x) * Math.sin(y), c[1] * Math.sin(x) * Math.cos(y)};
    for (int i = 0; i < 2; i++) {
      double[] up = bend.clone();
      double[] down = bend.clone();
      up[i] += h;
      down[i] -= h;
      double difference = (loss(shape, up, t) - loss(shape, down, t)) / (2 * h);
      assertThat(gradient[i]).isCloseTo(difference, within(1e-6));
      assertThat(gradient[i]).isCloseTo(byHand[i], within(1e-7));
    }
    assertThat(new WeightCurve(shape, leaf, leaf, leaf).bendShare(t)).isEqualTo(c[1]);
  }

  @Test
  void grid_holdsBothEndsAndTheExtraPointInOrder() {
    assertThat(CurveModels.grid(5, 0.1)).containsExactly(0.0, 0.1, 0.25, 0.5, 0.75, 1.0);
    assertThat(CurveModels.grid(11, 0.1)).hasSize(11).isEqualTo(sorted(CurveModels.grid(11, 0.5)));
    assertThat(CurveModels.beforeTheEnd(CurveModels.grid(5, 0.1))).isEqualTo(5);
    assertThat(CurveModels.beforeTheEnd(CurveModels.grid(2, 1))).isEqualTo(1);
  }

  private static List<Double> sorted(List<Double> values) {
    return values.stream().sorted().toList();
  }
}
