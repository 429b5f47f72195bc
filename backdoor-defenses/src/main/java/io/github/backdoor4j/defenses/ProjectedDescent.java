package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.Optional;
import java.util.function.Function;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * Searches perturbations that make a loss small, in steps along the gradient that are brought back
 * into a ball (projected gradient descent).
 *
 * @param ball in which perturbations stay
 * @param start where the search starts
 * @param steps at most
 * @param rate length of a step; with {@code signed}, how far each value moves
 * @param signed whether only the gradient's sign counts
 */
record ProjectedDescent(
    PerturbationBall ball, PerturbationBall.Start start, int steps, double rate, boolean signed) {

  /**
   * Searches.
   *
   * @param images N×C×H×W that the perturbations are for
   * @param generator source of a random start
   * @param objective from perturbations N×C×H×W to the loss to make small; empty to stop here
   * @return N×C×H×W without gradient
   */
  Tensor search(
      Tensor images, GeneratorOptional generator, Function<Tensor, Optional<Tensor>> objective) {
    Tensor delta = ball.start(start, images.detach(), generator);
    for (int step = 0; step < steps; step++) {
      if (TensorScope.compute(() -> step(delta, objective))) {
        return delta;
      }
    }
    return delta;
  }

  /** Moves the perturbations; true if the objective wants no step. */
  private boolean step(Tensor delta, Function<Tensor, Optional<Tensor>> objective) {
    Tensor moving = delta.clone().set_requires_grad(true);
    Optional<Tensor> loss = objective.apply(moving);
    if (loss.isEmpty()) {
      return true;
    }
    Tensor gradient = Tensors.gradients(loss.get(), false, moving)[0];
    Tensor direction = signed ? gradient.sign() : gradient;
    delta.copy_(ball.project(delta.sub(direction, new Scalar(rate))));
    return false;
  }
}
