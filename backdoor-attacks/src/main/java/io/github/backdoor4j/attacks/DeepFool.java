package io.github.backdoor4j.attacks;

import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A small step that takes an image over the border to a class: each iteration goes to where the
 * target's score would equal that of the image's class if scores were linear.
 *
 * @param scores from 1×C×H×W float images to 1×K
 * @param target the class to reach
 * @param overshoot by which share the step is longer, so that it crosses the border
 * @param iterations at most
 * @see <a href="https://arxiv.org/abs/1511.04599">Moosavi-Dezfooli et al., DeepFool, 2016</a>
 */
record DeepFool(UnaryOperator<Tensor> scores, int target, double overshoot, int iterations) {

  /**
   * Searches from an image; nothing is clamped.
   *
   * @param image 1×C×H×W floats
   * @param from class that the image must be in
   * @return what to add to the image; zero if it is in the target already, empty if it is in
   *     another class than {@code from}, or if the target was not reached
   */
  Optional<Tensor> step(Tensor image, int from) {
    Tensor path = torch.zeros_like(image);
    for (int i = 0; i <= iterations; i++) {
      try (TensorScope scope = TensorScope.open()) {
        Tensor here = image.add(lengthened(path));
        here.set_requires_grad(true);
        Tensor values = scores.apply(here).view(-1);
        if (!Tensors.allFinite(values)) {
          return Optional.empty(); // a flat slope threw the path out of the numbers
        }
        long top = values.argmax().item_long();
        if (top == target) {
          return Optional.of(scope.keep(lengthened(path)));
        }
        boolean elsewhere = i == 0 && top != from;
        if (elsewhere || !extended(path, values.get(target).sub(values.get(from)), here)) {
          return Optional.empty();
        }
      }
    }
    return Optional.empty();
  }

  private Tensor lengthened(Tensor path) {
    return path.mul(new Scalar(1 + overshoot));
  }

  /** Adds |m|·∇m / ‖∇m‖² for the margin m; false if it is flat. */
  private static boolean extended(Tensor path, Tensor margin, Tensor here) {
    Tensor slope = Tensors.gradients(margin, false, here)[0];
    double steepness = slope.to(ScalarType.Double).square().sum().item_double();
    if (steepness == 0) {
      return false;
    }
    path.add_(slope.mul(new Scalar(Math.abs(margin.item_double()) / steepness)));
    return true;
  }
}
