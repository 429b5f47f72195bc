package io.github.backdoor4j.core.nn;

import io.github.backdoor4j.core.tensor.Tensors;
import org.apache.commons.math3.special.Erf;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Gives a parameter its first values. */
@FunctionalInterface
public interface Initializer {

  /**
   * New values.
   *
   * @param generator source of the draws, on the CPU
   * @param shape of the parameter
   * @return floats of that shape, drawn in row-major order so that layout and device do not matter
   */
  Tensor draw(GeneratorOptional generator, long[] shape);

  /** One value everywhere; draws nothing. */
  static Initializer constant(double value) {
    return (generator, shape) -> torch.zeros(shape).fill_(new Scalar(value));
  }

  /** Evenly in [−bound, bound). */
  static Initializer uniform(double bound) {
    return (generator, shape) -> Tensors.uniform(generator, -bound, bound, shape);
  }

  /** PyTorch's default for weights and biases: evenly in ±1/√fan_in. */
  static Initializer fanIn(int fanIn) {
    return uniform(1 / Math.sqrt(fanIn));
  }

  /** Normal with mean 0. */
  static Initializer normal(double std) {
    return (generator, shape) ->
        fromUniform(Tensors.uniform(generator, 1e-7, 1 - 1e-7, shape)).mul_(new Scalar(std));
  }

  /** Normal with mean 0, cut off at ±2 (not at two deviations), as {@code trunc_normal_} does. */
  static Initializer truncatedNormal(double std) {
    double tail = 0.5 * Erf.erfc(2 / std / Math.sqrt(2));
    return (generator, shape) ->
        fromUniform(
                Tensors.uniform(generator, Math.max(tail, 1e-7), 1 - Math.max(tail, 1e-7), shape))
            .mul_(new Scalar(std));
  }

  /**
   * He's normal initialisation for layers before a ReLU, with the number of outputs as the fan.
   *
   * @see <a href="https://arxiv.org/abs/1502.01852">He et al., 2015, §2.2</a>
   */
  static Initializer kaimingFanOut(int fanOut) {
    return normal(Math.sqrt(2.0 / fanOut));
  }

  /** The standard normal's quantile, the inverse of its distribution function. */
  private static Tensor fromUniform(Tensor uniform) {
    return uniform
        .mul_(new Scalar(2.0))
        .sub_(new Scalar(1.0))
        .erfinv_()
        .mul_(new Scalar(Math.sqrt(2)));
  }
}
