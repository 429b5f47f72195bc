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

  /**
   * Who watches one of several pieces of work that go on side by side; called on the piece's own
   * thread when it begins. By default this listener itself, which then must bear calls from several
   * threads.
   *
   * @param title for people, for example {@code badnets, seed 0}
   * @param position from 1
   * @param total number of pieces
   * @param atOnce how many go on at the same time
   */
  default RunListener beside(String title, int position, int total, int atOnce) {
    return this;
  }
}
