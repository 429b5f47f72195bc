package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.tensor.TensorScope;
import java.util.function.DoubleConsumer;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The gradient of an outer loss with respect to weights θ where a perturbation δ is the minimiser
 * of an inner loss and moves with them: ∇_θ L_out + (∂Φ/∂θ)ᵀ v, where Φ(δ, θ) = δ − rate·∇_δ L_in
 * is a step down the inner loss and v solves v = (∂Φ/∂δ)ᵀ v + ∇_δ L_out.
 *
 * @param solver of the equation for v
 * @param curvature how second derivatives of the inner loss are had
 * @param iterations of the solver, K; with 0 δ counts as a constant
 * @param rate length of the step Φ
 * @see <a href="https://arxiv.org/abs/2110.03735">Zeng et al., Adversarial Unlearning of Backdoors
 *     via Implicit Hypergradient, ICLR 2022, §3</a>
 */
record Hypergradient(Solver solver, Curvature curvature, int iterations, double rate) {

  private static final double CONVERGED = 1e-10;

  /** How the linear equation for v is solved. */
  enum Solver {
    /** Repeats v ← v − rate·H v + ∇_δ L_out from v = 0: the first K terms of a series. */
    FIXED_POINT,
    /**
     * Conjugate gradients on the normal equations, two products with H per iteration. The Hessian H
     * of a negated cross entropy is not positive, on which plain conjugate gradients break down.
     */
    CONJUGATE_GRADIENT
  }

  /** How products of the Hessian with a vector are had. */
  enum Curvature {
    /** Second-order automatic differentiation. */
    AUTOGRAD,
    /** Central differences of gradients. */
    FINITE_DIFFERENCES
  }

  /**
   * A loss whose value is the outer loss and whose gradient with respect to θ is the hypergradient.
   *
   * @param delta δ
   * @param inner L_in as a function of δ, with a graph to θ
   * @param outer L_out as a function of δ, with a graph to θ
   * @param unseen is told the work on second derivatives that no call of {@code inner} shows, in
   *     passes of it with gradient; of the returned loss its derivative counts
   * @return a scalar
   */
  Tensor loss(
      Tensor delta,
      UnaryOperator<Tensor> inner,
      UnaryOperator<Tensor> outer,
      DoubleConsumer unseen) {
    Tensor moving = delta.detach().set_requires_grad(true);
    Tensor loss = outer.apply(moving);
    Tensor pull = SecondOrder.gradient(loss, moving);
    if (iterations == 0 || isZero(pull)) {
      return loss;
    }
    SecondOrder second =
        curvature == Curvature.AUTOGRAD
            ? SecondOrder.autograd(inner, delta)
            : SecondOrder.differences(inner, delta);
    Tensor v = TensorScope.scoped(() -> solve(second, pull));
    if (isZero(v)) {
      unseen.accept(second.unseenPasses());
      return loss;
    }
    Tensor correction = second.slope(v).mul(new Scalar(-rate));
    unseen.accept(second.unseenPasses());
    return loss.add(correction.sub(correction.detach()));
  }

  /**
   * Passes of the inner loss with gradient that one hypergradient costs as much as, unless the
   * solver converges before. By differences they are such passes; by second-order differentiation
   * there is one pass, and products with H and the derivative with respect to θ take the time of
   * others. The outer loss's slope in δ, a third of a pass, is left out.
   */
  double passes() {
    if (iterations == 0) {
      return 0;
    }
    int products = solver == Solver.FIXED_POINT ? iterations - 1 : 2 * iterations + 1;
    return curvature == Curvature.AUTOGRAD
        ? 1 + products * SecondOrder.PRODUCT + SecondOrder.SLOPE
        : 2 * products + 2;
  }

  private Tensor solve(SecondOrder second, Tensor pull) {
    UnaryOperator<Tensor> map =
        v -> isZero(v) ? v : second.curvature(v).mul(new Scalar(rate)); // v − (∂Φ/∂δ)ᵀ v
    return solver == Solver.FIXED_POINT ? fixedPoint(map, pull) : conjugateGradient(map, pull);
  }

  private Tensor fixedPoint(UnaryOperator<Tensor> map, Tensor pull) {
    Tensor v = torch.zeros_like(pull);
    for (int k = 0; k < iterations; k++) {
      Tensor next = v.sub(map.apply(v)).add(pull);
      double change = size(next.sub(v));
      v = next;
      if (change < CONVERGED) {
        break;
      }
    }
    return v;
  }

  /** Minimises ‖A v − pull‖ for the symmetric A of the map. */
  private Tensor conjugateGradient(UnaryOperator<Tensor> map, Tensor pull) {
    Tensor v = torch.zeros_like(pull);
    Tensor residual = pull;
    Tensor gradient = map.apply(residual);
    Tensor direction = gradient;
    for (int k = 0; k < iterations && size(gradient) > CONVERGED; k++) {
      Tensor mapped = map.apply(direction);
      double steepness = size(gradient);
      double step = square(steepness / size(mapped));
      v = v.add(direction, new Scalar(step));
      residual = residual.sub(mapped, new Scalar(step));
      gradient = map.apply(residual);
      direction = gradient.add(direction, new Scalar(square(size(gradient) / steepness)));
    }
    return v;
  }

  private static double square(double x) {
    return x * x;
  }

  private static boolean isZero(Tensor vector) {
    return size(vector) == 0;
  }

  private static double size(Tensor vector) {
    return vector.norm().item_double();
  }
}
