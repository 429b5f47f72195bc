package io.github.backdoor4j.core.data;

import io.github.backdoor4j.core.tensor.HasTensors;
import java.util.Map;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Tensor;

/**
 * A trigger that depends on tensors which were learnt, or drawn from training data: it cannot be
 * made from options and seed alone, so a record keeps its state.
 */
public interface LearnedTrigger extends Trigger, HasTensors {

  /** Everything that, with the attack's options, makes the trigger again. Stable order. */
  Map<String, Tensor> state();

  @Override
  default void forEachTensor(Consumer<Tensor> visitor) {
    state().values().forEach(visitor);
  }
}
