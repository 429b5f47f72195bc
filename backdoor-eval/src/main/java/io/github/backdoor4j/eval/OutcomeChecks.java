package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.EngineException;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.spi.DefenseOutcome.SampleScores;
import io.github.backdoor4j.core.tensor.Tensors;

/** What is checked of everything that a strategy returns, its own plug-ins included. */
final class OutcomeChecks {

  private OutcomeChecks() {}

  /**
   * Checks weights.
   *
   * @throws EngineException if any value is NaN or infinite
   */
  static void check(String method, Network network) {
    network
        .state()
        .forEach(
            (name, tensor) -> {
              if (!Tensors.allFinite(tensor)) {
                throw new EngineException(
                    "'%s' returned a network whose '%s' holds NaN or infinite values: its training"
                        + " diverged. Lower its learning rate.",
                    method, name);
              }
            });
  }

  /**
   * Checks scores.
   *
   * @throws EngineException if their number is wrong or one is NaN
   */
  static void check(String method, SampleScores samples, int expected) {
    if (samples.scores().length != expected) {
      throw new EngineException(
          "'%s' returned %d scores for %d samples", method, samples.scores().length, expected);
    }
    for (double score : samples.scores()) {
      if (Double.isNaN(score)) {
        throw new EngineException("'%s' returned a score that is NaN", method);
      }
    }
  }
}
