package io.github.backdoor4j.core.train;

import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** What every kind of step has besides its losses. */
public sealed interface TrainingStep permits BatchStep, JointStep {

  /**
   * What the step carries from batch to batch besides the trained models: a frozen copy, a history
   * of losses. Changed in place; checkpoints hold it.
   *
   * @return by name, in a stable order
   */
  default Map<String, Tensor> state() {
    return Map.of();
  }

  /** Called after the last batch of an epoch, before listeners and checkpoint. */
  default void epochFinished(int epoch) {}
}
