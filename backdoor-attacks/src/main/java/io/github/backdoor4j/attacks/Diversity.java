package io.github.backdoor4j.attacks;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * Makes what a generator gives for different images different (Input-aware, section 3.3): the
 * distance of two images over the distance of what is made from them.
 */
final class Diversity {

  private static final double EPSILON = 1e-7;

  private Diversity() {}

  /**
   * Mean over the batch of ‖x1 − x2‖ / (‖y1 − y2‖ + 10⁻⁷), norms as root mean squares.
   *
   * @param x1 images, N×C×H×W
   * @param x2 other images
   * @param y1 made from x1; differentiable
   * @param y2 made from x2; differentiable
   */
  static Tensor loss(Tensor x1, Tensor x2, Tensor y1, Tensor y2) {
    Tensor images = meanSquare(x1, x2).sqrt();
    // the root has no gradient at 0, where saturated masks are equal
    Tensor made = meanSquare(y1, y2).add(new Scalar(EPSILON * EPSILON)).sqrt();
    return images.div(made.add(new Scalar(EPSILON))).mean();
  }

  private static Tensor meanSquare(Tensor one, Tensor two) {
    Tensor difference = one.sub(two).flatten(1, -1);
    return difference.mul(difference).mean(1L);
  }
}
