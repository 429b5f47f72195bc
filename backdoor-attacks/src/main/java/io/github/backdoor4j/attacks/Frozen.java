package io.github.backdoor4j.attacks;

import io.github.backdoor4j.core.nn.Model;
import io.github.backdoor4j.core.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;

/** Models that are used and not trained. */
final class Frozen {

  private Frozen() {}

  /** Output in evaluation mode, without gradients; the model's own mode stays what it was. */
  static Tensor apply(Model model, Tensor x) {
    boolean before = model.training();
    model.training(false);
    try {
      return Tensors.withoutGradients(() -> model.apply(x));
    } finally {
      model.training(before);
    }
  }
}
