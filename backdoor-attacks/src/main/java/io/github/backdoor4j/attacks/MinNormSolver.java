package io.github.backdoor4j.attacks;

import java.util.Arrays;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * Weighs two losses so that a step lowers both: the multiple gradient descent algorithm, which
 * takes the shortest vector between the two gradients.
 *
 * @see <a href="https://arxiv.org/abs/1810.04650">Sener and Koltun, Multi-Task Learning as
 *     Multi-Objective Optimization, 2018, section 3.2</a>
 */
final class MinNormSolver {

  /** Weights of losses on the ends of the segment, so that neither loss is ever dropped. */
  private static final double ALMOST_ONE = 0.999;

  private static final double ALMOST_ZERO = 0.001;
  private static final double LARGEST_NORMALIZER = 10;
  private static final double EPSILON = 1e-5;

  private MinNormSolver() {}

  /**
   * Weight of the first of two losses; the second has the rest. Gradients are normalised by loss
   * and length ("loss+") first, so that neither loss wins by its scale.
   *
   * @param first a scalar; its graph is kept
   * @param second a scalar; its graph is kept
   * @param parameters what the gradients are taken for; those that a loss does not touch count as
   *     zero
   */
  static double weight(Tensor first, Tensor second, Tensor... parameters) {
    Tensor one = direction(first, parameters);
    Tensor two = direction(second, parameters);
    return share(dot(one, one), dot(one, two), dot(two, two));
  }

  private static double dot(Tensor one, Tensor two) {
    return one.dot(two).item_double();
  }

  private static Tensor direction(Tensor loss, Tensor... parameters) {
    TensorVector gradients =
        torch.grad(
            new TensorVector(loss),
            new TensorVector(parameters),
            new TensorVector(),
            new BoolOptional(true),
            false,
            true);
    Tensor[] flat = new Tensor[parameters.length];
    Arrays.setAll(
        flat,
        i -> {
          Tensor gradient = gradients.get(i);
          return (gradient.defined() ? gradient : torch.zeros_like(parameters[i]))
              .detach()
              .flatten();
        });
    Tensor whole = torch.cat(new TensorVector(flat), 0);
    double scale = normalizer(loss.detach().item_double(), whole.norm().item_double());
    return whole.div(new org.bytedeco.pytorch.Scalar(scale + EPSILON));
  }

  /** What a gradient is divided by: loss times length, at most 10. */
  static double normalizer(double loss, double length) {
    return Math.min(loss * length, LARGEST_NORMALIZER);
  }

  /**
   * γ that makes γ·a + (1 − γ)·b shortest, kept off 0 and 1.
   *
   * @param aa a·a
   * @param ab a·b
   * @param bb b·b
   */
  static double share(double aa, double ab, double bb) {
    if (ab >= aa) {
      return ALMOST_ONE;
    }
    if (ab >= bb) {
      return ALMOST_ZERO;
    }
    return (bb - ab) / (aa + bb - 2 * ab);
  }
}
