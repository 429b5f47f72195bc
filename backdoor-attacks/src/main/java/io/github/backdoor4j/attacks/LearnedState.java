package io.github.backdoor4j.attacks;

import io.github.backdoor4j.core.DataException;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** Reads what a learnt trigger left in a record. */
final class LearnedState {

  private LearnedState() {}

  /**
   * One tensor of a state.
   *
   * @throws DataException if it is missing
   */
  static Tensor get(Map<String, Tensor> state, String name) {
    Tensor tensor = state.get(name);
    if (tensor == null) {
      throw new DataException(
          "the trigger's state lacks '%s'; it holds %s",
          name, state.keySet().stream().sorted().toList());
    }
    return tensor;
  }
}
