package io.github.backdoor4j.attacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MinNormSolverTest {

  @ParameterizedTest
  @CsvSource({"4, 1, 2, .25", "1, 2, 9, .999", "9, 2, 1, .001", "1, 0, 1, .5", "2, -1, 3, .571429"})
  void share_matchesTheVectors(double aa, double ab, double bb, double expected) {
    assertThat(MinNormSolver.share(aa, ab, bb)).isEqualTo(expected, within(1e-6));
  }

  @Test
  void normalizer_isLossTimesLength_atMostTen() {
    assertThat(MinNormSolver.normalizer(2, 5)).isEqualTo(10);
    assertThat(MinNormSolver.normalizer(2, 6)).isEqualTo(10);
    assertThat(MinNormSolver.normalizer(0.5, 1)).isEqualTo(0.5);
  }

  /** A loss of a given value whose gradient is given. */
  private static Tensor loss(Tensor parameters, double value, float... gradient) {
    Tensor linear = parameters.mul(Tensors.ofFloats(gradient)).sum();
    return linear.add(new Scalar(value)); // the parameters are zero
  }

  @Test
  void weight_normalisesByLossAndLength() {
    try (TensorScope scope = TensorScope.open()) {
      Tensor parameters = Tensors.ofFloats(new float[2]).set_requires_grad(true);

      // (3, 4)/10 against (1, 0)/0.5: the dot product exceeds the first's square
      double first =
          MinNormSolver.weight(loss(parameters, 2, 3, 4), loss(parameters, 0.5, 1, 0), parameters);
      // (0, 1)/1 against (1, 0)/1
      double even =
          MinNormSolver.weight(loss(parameters, 1, 0, 1), loss(parameters, 1, 1, 0), parameters);
      // (0, 1)/1 against (1, 0)/0.5: 4/(1 + 4)
      double larger =
          MinNormSolver.weight(loss(parameters, 1, 0, 1), loss(parameters, 0.5, 1, 0), parameters);

      assertThat(first).isEqualTo(0.999);
      assertThat(even).isEqualTo(0.5, within(1e-6));
      assertThat(larger).isEqualTo(0.8, within(1e-4));
    }
  }

  @Test
  void weight_parameterThatOneLossDoesNotTouch_countsAsZero() {
    try (TensorScope scope = TensorScope.open()) {
      Tensor shared = Tensors.ofFloats(new float[2]).set_requires_grad(true);
      Tensor own = Tensors.ofFloats(new float[2]).set_requires_grad(true);
      Tensor first = loss(shared, 1, 0, 1).add(loss(own, 0, 0, 0));

      double weight = MinNormSolver.weight(first, loss(shared, 1, 1, 0), shared, own);

      assertThat(weight).isEqualTo(0.5, within(1e-6));
    }
  }
}
