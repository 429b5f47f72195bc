package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.tensor.TensorScope;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** How the slope of a loss at a point δ changes along a direction. */
interface SecondOrder {

  /**
   * What a product with the Hessian by differentiation takes, in passes with gradient: 1.48 to 1.60
   * measured on PreAct-ResNet-18 of width 16 and 8 on one thread of a CPU.
   */
  double PRODUCT = 1.5;

  /** The same of the derivative of a slope with respect to the weights: 1.80 to 1.85 measured. */
  double SLOPE = 2;

  /** Product of the loss's Hessian in δ with a direction, without gradient. */
  Tensor curvature(Tensor direction);

  /**
   * The loss's slope along a direction: a scalar whose gradient with respect to the weights is that
   * of ∇_δ L · direction.
   */
  Tensor slope(Tensor direction);

  /**
   * What products and slopes have cost so far beside the passes of the loss that they asked for, in
   * such passes with gradient; of a slope its derivative, which follows.
   */
  double unseenPasses();

  /** By differentiating the graph of the gradient; exact. */
  static SecondOrder autograd(UnaryOperator<Tensor> loss, Tensor at) {
    return new Autograd(loss, at);
  }

  /**
   * By central differences at a distance of 0.01 from the point. Holds no graph of a graph; good to
   * a few digits in 32-bit arithmetic.
   */
  static SecondOrder differences(UnaryOperator<Tensor> loss, Tensor at) {
    return new Differences(loss, at);
  }

  /**
   * Gradient of a scalar, or with a weight the gradient of its product with that weight; keeps the
   * graph. Zeros if the input does not matter.
   */
  private static Tensor gradient(
      Tensor output, TensorVector weights, Tensor input, boolean differentiable) {
    if (!output.requires_grad()) {
      return torch.zeros_like(input.detach());
    }
    TensorVector found =
        torch.grad(
            new TensorVector(output),
            new TensorVector(input),
            weights,
            new BoolOptional(true),
            differentiable,
            true);
    Tensor gradient = new Tensor(found.get(0)); // an own handle: the vector's is a reference
    return gradient.defined() ? gradient : torch.zeros_like(input.detach());
  }

  /** Gradient of a scalar; keeps the graph. Zeros if the input does not matter. */
  static Tensor gradient(Tensor scalar, Tensor input) {
    return gradient(scalar, new TensorVector(), input, false);
  }

  /** Exact second derivatives. */
  final class Autograd implements SecondOrder {

    private final Tensor at;
    private final Tensor gradient;
    private double unseen;

    private Autograd(UnaryOperator<Tensor> loss, Tensor at) {
      this.at = at.detach().set_requires_grad(true);
      this.gradient = SecondOrder.gradient(loss.apply(this.at), new TensorVector(), this.at, true);
    }

    @Override
    public Tensor curvature(Tensor direction) {
      unseen += PRODUCT;
      return SecondOrder.gradient(gradient, new TensorVector(direction), at, false);
    }

    @Override
    public Tensor slope(Tensor direction) {
      unseen += SLOPE;
      return gradient.mul(direction).sum();
    }

    @Override
    public double unseenPasses() {
      return unseen;
    }
  }

  /** Central differences. */
  final class Differences implements SecondOrder {

    private static final double DISTANCE = 1e-2;

    private final UnaryOperator<Tensor> loss;
    private final Tensor at;

    private Differences(UnaryOperator<Tensor> loss, Tensor at) {
      this.loss = loss;
      this.at = at.detach();
    }

    @Override
    public Tensor curvature(Tensor direction) {
      double h = step(direction);
      return TensorScope.scoped(
          () ->
              gradient(moved(direction, h))
                  .sub(gradient(moved(direction, -h)))
                  .div(new Scalar(2 * h)));
    }

    private Tensor gradient(Tensor point) {
      Tensor moving = point.set_requires_grad(true);
      return SecondOrder.gradient(loss.apply(moving), moving);
    }

    @Override
    public Tensor slope(Tensor direction) {
      double h = step(direction);
      return loss.apply(moved(direction, h))
          .sub(loss.apply(moved(direction, -h)))
          .div(new Scalar(2 * h));
    }

    @Override
    public double unseenPasses() {
      return 0;
    }

    private Tensor moved(Tensor direction, double by) {
      return at.add(direction, new Scalar(by));
    }

    private static double step(Tensor direction) {
      return DISTANCE / direction.norm().item_double();
    }
  }
}
