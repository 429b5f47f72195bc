package io.github.backdoor4j.attacks;

import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.AutoGradMode;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;

/**
 * Projected gradient steps in the maximum norm: x ← clip₀₁(c + clip±ε(x ± a·sign ∇ − c)), on images
 * in units of [0, 1].
 *
 * @param epsilon ε, how far a value may get from the centre c
 * @param step a, how far it moves at once
 * @param iterations how often
 * @param ascent whether the loss shall grow
 * @see <a href="https://arxiv.org/abs/1706.06083">Madry et al., Towards Deep Learning Models
 *     Resistant to Adversarial Attacks, 2018, §2.1</a>
 */
record Pgd(double epsilon, double step, int iterations, boolean ascent) {

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
      Tensor moved = x.add(gradient.sign().mul(new Scalar(ascent ? step : -step)));
      x.copy_(unit(centre.add(within(moved.sub(centre), -epsilon, epsilon))));
    }
    return true;
  }

  /** The nearest values in [0, 1]. */
  static Tensor unit(Tensor values) {
    return within(values, 0, 1);
  }

  private static Tensor within(Tensor values, double low, double high) {
    return values.clamp(new ScalarOptional(new Scalar(low)), new ScalarOptional(new Scalar(high)));
  }
}
