package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.train.TrainingListener;

/** Watches a run; all methods do nothing by default. */
public interface RunListener {

  /** Whether to measure the network's speed and tell what the run will cost. */
  default boolean wantsEstimate() {
    return false;
  }

  /** What is left to do, before any work; told only to a listener that wants it. */
  default void onEstimate(CostEstimate estimate) {}

  /**
   * A cell begins.
   *
   * @param position from 1
   * @param total number of cells of the run
   * @param title for people, for example {@code badnets → fine-tuning, seed 0}
   */
  default void onCell(int position, int total, String title) {}

  /**
   * A cell ended, or was found on disk.
   *
   * @param found whether it was there already
   */
  default void onRecord(ResultRecord result, boolean found) {}

  /** Watches the trainings inside the cells. */
  default TrainingListener trainings() {
    return new TrainingListener() {};
  }
}
