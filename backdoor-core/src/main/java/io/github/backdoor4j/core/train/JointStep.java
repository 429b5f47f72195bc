package io.github.backdoor4j.core.train;

import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * What one step minimises where several models learn together, such as a classifier and the
 * generator of its triggers.
 */
@FunctionalInterface
public non-sealed interface JointStep extends TrainingStep {

  /**
   * Losses of one batch. All gradients are taken before any model moves, and each model follows the
   * gradient of its own loss only.
   *
   * @return one scalar tensor for each {@link TrainedPart}, in their order; the same tensor may
   *     stand for several
   */
  List<Tensor> losses(Batch batch, StepContext context);
}
