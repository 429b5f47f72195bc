package io.github.backdoor4j.core.train;

import io.github.backdoor4j.core.nn.Trainable;

/** Watches a training; all methods do nothing by default. Called on the training thread. */
public interface TrainingListener {

  /** Before anything else: what is trained. Evaluated by some listeners after each epoch. */
  default void onModel(Trainable model) {}

  /**
   * Before the first step.
   *
   * @param purpose what is trained, for example {@code victim}
   * @param firstEpoch 0, or the epoch at which a resumed training goes on
   * @param epochs of the plan
   * @param stepsPerEpoch batches per epoch
   */
  default void onStart(String purpose, int firstEpoch, int epochs, int stepsPerEpoch) {}

  /**
   * After each part of each step, for those who measure. On a GPU the work may still be under way.
   */
  default void onPhase(StepPhase finished) {}

  /** After each step, counted from 1 within the epoch. */
  default void onStep(int epoch, int step) {}

  /**
   * After each epoch. May add to the epoch's means through the report it returns.
   *
   * @return the report, or one with more means
   */
  default EpochReport onEpoch(EpochReport report) {
    return report;
  }

  /** Asked after each epoch: whether training should end here. */
  default boolean wantsStop() {
    return false;
  }

  /** After the last epoch, also when a listener stopped the training. */
  default void onEnd(TrainingHistory history) {}
}
