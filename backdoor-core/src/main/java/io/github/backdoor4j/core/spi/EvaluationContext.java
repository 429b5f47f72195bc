package io.github.backdoor4j.core.spi;

import java.util.Optional;

/**
 * Everything an evaluator may look at. Predictions were made once, before.
 *
 * @param before predictions of the model as attacked
 * @param after predictions of the model the defense returned; absent if it returned none, or if
 *     this is the evaluation of the attack itself
 * @param detection truth beside what a detector of samples said
 * @param verdict truth beside what a detector of models said
 */
public record EvaluationContext(
    ModelPredictions before,
    Optional<ModelPredictions> after,
    Optional<Detection> detection,
    Optional<Verdict> verdict) {

  /**
   * Predicted labels of one model.
   *
   * @param clean on the clean test set
   * @param cleanLabels true labels of the clean test set
   * @param triggered on the triggered test images that count; empty for a clean control without a
   *     trigger
   * @param attackLabels what the attacker wants there
   * @param originalLabels what is true there
   */
  public record ModelPredictions(
      long[] clean,
      long[] cleanLabels,
      long[] triggered,
      long[] attackLabels,
      long[] originalLabels) {}

  /**
   * Sample scores beside the truth.
   *
   * @param scores higher is more suspicious
   * @param flagged what the detector called poisoned
   * @param poisoned what is poisoned
   */
  public record Detection(double[] scores, boolean[] flagged, boolean[] poisoned) {}

  /**
   * A model verdict beside the truth.
   *
   * @param calledBackdoored what the detector said
   * @param backdoored what is true
   * @param score what it rests on
   */
  public record Verdict(boolean calledBackdoored, boolean backdoored, double score) {}
}
