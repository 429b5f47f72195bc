package io.github.backdoor4j.core.nn;

import io.github.backdoor4j.core.tensor.Seed;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * A set of named tensors that the {@link io.github.backdoor4j.core.train.Trainer} optimises: a
 * network, a mask, a trigger.
 */
public interface Trainable {

  /** What gradient steps change, except where gradients are turned off. Stable order. */
  Map<String, Tensor> parameters();

  /** What else belongs to the state, such as running statistics. Stable order. */
  Map<String, Tensor> buffers();

  /** Switches between training and evaluation mode. */
  void training(boolean mode);

  /**
   * Starts the draws of training mode, such as dropout's, anew. The trainer does so before each
   * epoch, so that a resumed training draws the same.
   */
  default void noise(Seed seed) {}

  /** Free-standing tensors without buffers or modes; turns on their gradients. */
  static Trainable of(Map<String, Tensor> parameters) {
    Map<String, Tensor> copy = new LinkedHashMap<>(parameters);
    copy.values().forEach(tensor -> tensor.set_requires_grad(true));
    return new Trainable() {
      @Override
      public Map<String, Tensor> parameters() {
        return copy;
      }

      @Override
      public Map<String, Tensor> buffers() {
        return Map.of();
      }

      @Override
      public void training(boolean mode) {
        // nothing here behaves differently in training
      }
    };
  }
}
