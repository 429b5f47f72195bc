package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Tensors;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * All perturbations of an image up to a size. Perturbations are N×…, and each of the N rows has to
 * lie in the ball by itself.
 *
 * @param norm how size is measured
 * @param radius the largest size
 */
record PerturbationBall(Norm norm, double radius) {

  private static final double TINY = 1e-12;

  /** How the size of a perturbation is measured. */
  enum Norm {
    /** Root of the sum of squares. */
    L2,
    /** Largest absolute value. */
    LINF
  }

  /** Where a search within the ball starts. */
  enum Start {
    /** No perturbation. */
    ZERO,
    /** The radius everywhere, brought into the ball. */
    UPPER,
    /** Minus the radius everywhere, brought into the ball. */
    LOWER,
    /** Evenly drawn between minus and plus the radius, brought into the ball. */
    RANDOM
  }

  /** The nearest perturbation within the ball, row by row. */
  Tensor project(Tensor delta) {
    if (norm == Norm.LINF) {
      return delta.clamp(
          new ScalarOptional(new Scalar(-radius)), new ScalarOptional(new Scalar(radius)));
    }
    Tensor size =
        delta
            .flatten(1, -1)
            .norm(new ScalarOptional(new Scalar(2.0)), 1L)
            .clamp_min(new Scalar(TINY));
    Tensor factor = size.reciprocal().mul(new Scalar(radius)).clamp_max(new Scalar(1.0));
    return delta.mul(factor.view(-1, 1, 1, 1));
  }

  /**
   * A first perturbation.
   *
   * @param like images N×C×H×W that it is for
   * @param generator source of {@link Start#RANDOM}
   */
  Tensor start(Start start, Tensor like, GeneratorOptional generator) {
    return switch (start) {
      case ZERO -> torch.zeros_like(like);
      case UPPER -> project(torch.full_like(like, new Scalar(radius)));
      case LOWER -> project(torch.full_like(like, new Scalar(-radius)));
      case RANDOM ->
          project(
              ComputeDevice.of(like)
                  .place(Tensors.uniform(generator, -radius, radius, like.shape())));
    };
  }
}
