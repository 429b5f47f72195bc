package io.github.backdoor4j.core.train;

import org.bytedeco.pytorch.Tensor;

/** What one step minimises. Everything a strategy wants different about training goes in here. */
@FunctionalInterface
public non-sealed interface BatchStep extends TrainingStep {

  /**
   * Loss of one batch, differentiable with respect to the trained parameters.
   *
   * @return a scalar tensor
   */
  Tensor loss(Batch batch, StepContext context);
}
