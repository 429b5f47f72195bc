package io.github.backdoor4j.core.spi;

/** A metric or analysis: a pure function of predictions and outcomes that were made before. */
public interface Evaluator extends Named {

  /**
   * Evaluates one cell.
   *
   * @return measurements; empty if the evaluator does not apply to this kind of outcome
   */
  Evaluation evaluate(EvaluationContext context);

  /** One sentence: what is measured, with its denominator. */
  default String description() {
    return id();
  }
}
