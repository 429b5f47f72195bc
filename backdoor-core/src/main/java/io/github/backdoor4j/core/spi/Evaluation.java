package io.github.backdoor4j.core.spi;

import java.util.List;

/**
 * What an evaluator measured.
 *
 * @param measurements in the order they should be shown
 */
public record Evaluation(List<Measurement> measurements) {

  /** Nothing measured: the evaluator does not apply. */
  public static final Evaluation NONE = new Evaluation(List.of());

  public Evaluation {
    measurements = List.copyOf(measurements);
  }

  /**
   * One number with what it was counted over.
   *
   * @param name in snake_case, for example {@code asr}
   * @param value in its natural unit, shares in [0, 1]; NaN if undefined
   * @param denominator how many things were counted; 0 if the value is undefined for lack of them
   */
  public record Measurement(String name, double value, long denominator) {}
}
