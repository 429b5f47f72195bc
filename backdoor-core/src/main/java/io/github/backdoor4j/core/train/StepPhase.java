package io.github.backdoor4j.core.train;

/** The parts of a training step, in their order. */
public enum StepPhase {
  /** Gathering, augmenting and normalising the batch. */
  DATA,
  /** The step's own code up to the losses. */
  FORWARD,
  /** The gradients. */
  BACKWARD,
  /** The update of the parameters. */
  OPTIMIZER,
  /** Meters, freed memory, listeners. */
  BOOKKEEPING
}
