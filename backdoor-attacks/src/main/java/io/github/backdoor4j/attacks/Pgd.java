package io.github.backdoor4j.attacks;

import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.AutoGradMode;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;

/**
 * Projected gradient steps on images in units of [0, 1]. In the maximum norm x ← clip₀₁(c +
 * clip±ε(x ± a·sign ∇ − c)); in the Euclidean one an image moves by a along its gradient and is
 * pulled back into the ball of radius ε around c, then clipped.
 *
 * @param epsilon ε, how far a value, or by Euclid an image, may get from the centre c
 * @param step a, how far it moves at once
 * @param iterations how often
 * @param ascent whether the loss shall grow
 * @param euclidean whether lengths are Euclidean, over all values of an image; else the largest
 *     value counts
 * @see <a href="https://arxiv.org/abs/1706.06083">Madry et al., Towards Deep Learning Models
 *     Resistant to Adversarial Attacks, 2018, §2.1</a>
 */
record Pgd(double epsilon, double step, int iterations, boolean ascent, boolean euclidean) {

  /** Below this a gradient is none. */
  private static final double TINY = 1e-12;

  /** In the maximum norm. */
  Pgd(double epsilon, double step, int iterations, boolean ascent) {
    this(epsilon, step, iterations, ascent, false);
  }

  /**
   * Moves a batch.
   *
   * @param start N×C×H×W floats to start from
   * @param centre of the ball, N×C×H×W; often the start itself
   * @param loss of a batch, a scalar; differentiable. For images that do not influence each other
   *     it is a sum over images, so that each moves as it would alone
   * @return N×C×H×W floats in [0, 1], without gradient
   */
  Tensor run(Tensor start, Tensor centre, UnaryOperator<Tensor> loss) {
    return run(start, centre, Double.NEGATIVE_INFINITY, loss);
  }

  /** The same, but stops as soon as the loss is below {@code enough}. */
  Tensor run(Tensor start, Tensor centre, double enough, UnaryOperator<Tensor> loss) {
    Tensor x = start.detach().clone();
    for (int i = 0; i < iterations; i++) {
      try (TensorScope scope = TensorScope.open()) {
        if (!move(x, centre, enough, loss)) {
          break;
        }
      }
    }
    return x;
  }

  private boolean move(Tensor x, Tensor centre, double enough, UnaryOperator<Tensor> loss) {
    Tensor leaf = x.detach();
    Tensor gradient;
    try (AutoGradMode recording = new AutoGradMode(true)) {
      leaf.set_requires_grad(true);
      Tensor value = loss.apply(leaf);
      if (enough > Double.NEGATIVE_INFINITY && value.item_double() < enough) {
        return false;
      }
      gradient = Tensors.gradients(value, false, leaf)[0];
    }
    try (NoGradGuard guard = new NoGradGuard()) {
      Tensor way = euclidean ? gradient.div(lengths(gradient)) : gradient.sign();
      Tensor moved = x.add(way.mul(new Scalar(ascent ? step : -step)));
      x.copy_(unit(centre.add(inBall(moved.sub(centre)))));
    }
    return true;
  }

  private Tensor inBall(Tensor change) {
    if (!euclidean) {
      return within(change, -epsilon, epsilon);
    }
    Tensor shrink = lengths(change).reciprocal().mul(new Scalar(epsilon));
    return change.mul(shrink.clamp_max(new Scalar(1.0)));
  }

  /** Euclidean lengths of images, N×1×1×1, never 0. */
  private static Tensor lengths(Tensor images) {
    Tensor squares = images.mul(images).sum(new long[] {1, 2, 3}, true, new ScalarTypeOptional());
    return squares.sqrt().clamp_min(new Scalar(TINY));
  }

  /** The nearest values in [0, 1]. */
  static Tensor unit(Tensor values) {
    return within(values, 0, 1);
  }

  private static Tensor within(Tensor values, double low, double high) {
    return values.clamp(new ScalarOptional(new Scalar(low)), new ScalarOptional(new Scalar(high)));
  }
}
