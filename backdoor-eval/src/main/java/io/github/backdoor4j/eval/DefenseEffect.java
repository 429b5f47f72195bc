package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.spi.Evaluation;
import io.github.backdoor4j.core.spi.Evaluation.Measurement;
import io.github.backdoor4j.core.spi.EvaluationContext;
import io.github.backdoor4j.core.spi.Evaluator;
import java.util.List;

/**
 * What a repair achieved and what it cost, in one number each, as BackdoorBench defines them.
 *
 * <ul>
 *   <li>{@code der}, defense effectiveness rating: [max(0, ASR before − after) − max(0, C-Acc
 *       before − after) + 1] / 2; 0.5 means nothing was achieved.
 *   <li>{@code rir}, robust improvement rating: [max(0, R-Acc after − before) − max(0, C-Acc before
 *       − after) + 1] / 2.
 * </ul>
 */
public final class DefenseEffect implements Evaluator {

  @Override
  public String id() {
    return "defense-effect";
  }

  @Override
  public String description() {
    return "der and rir from the metrics of the model before and after the defense";
  }

  @Override
  public Evaluation evaluate(EvaluationContext context) {
    if (context.after().isEmpty()) {
      return Evaluation.NONE;
    }
    List<Measurement> before = ModelMetrics.of(context.before());
    List<Measurement> after = ModelMetrics.of(context.after().get());
    double accuracyLoss = before.get(0).value() - after.get(0).value();
    double der = rating(before.get(1).value() - after.get(1).value(), accuracyLoss);
    double rir = rating(after.get(2).value() - before.get(2).value(), accuracyLoss);
    long denominator = after.get(1).denominator();
    return new Evaluation(
        List.of(
            new Measurement("der", der, denominator), new Measurement("rir", rir, denominator)));
  }

  /** [max(0, gain) − max(0, loss) + 1] / 2; NaN if either is. */
  static double rating(double gain, double accuracyLoss) {
    return (Math.max(0, gain) - Math.max(0, accuracyLoss) + 1) / 2;
  }
}
