package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.spi.Evaluation;
import io.github.backdoor4j.core.spi.Evaluation.Measurement;
import io.github.backdoor4j.core.spi.EvaluationContext;
import io.github.backdoor4j.core.spi.EvaluationContext.ModelPredictions;
import io.github.backdoor4j.core.spi.Evaluator;
import java.util.List;

/**
 * Clean accuracy, attack success rate and robust accuracy of one model. The only definitions of
 * these metrics in the project.
 *
 * <ul>
 *   <li>{@code c_acc}: share of the clean test set predicted as labelled, target class included.
 *   <li>{@code asr}: share of the triggered test images predicted as the attacker wants. The
 *       denominator leaves out images whose true class is the target of an all-to-one attack.
 *   <li>{@code r_acc}: share of the same triggered images predicted as their true class.
 * </ul>
 */
public final class ModelMetrics implements Evaluator {

  @Override
  public String id() {
    return "model-metrics";
  }

  @Override
  public String description() {
    return "c_acc over the clean test set; asr and r_acc over the triggered test images, images of"
        + " the target class left out";
  }

  @Override
  public Evaluation evaluate(EvaluationContext context) {
    boolean filter = context.after().isEmpty() && context.detection().isPresent();
    return filter // a filter of inputs leaves no model to measure
        ? Evaluation.NONE
        : new Evaluation(of(context.after().orElse(context.before())));
  }

  /** The three metrics of one model's predictions. */
  static List<Measurement> of(ModelPredictions p) {
    return List.of(
        cleanAccuracy(p.clean(), p.cleanLabels()),
        share("asr", p.triggered(), p.attackLabels()),
        share("r_acc", p.triggered(), p.originalLabels()));
  }

  /** Clean accuracy alone, for a model that nobody attacked. */
  static Measurement cleanAccuracy(long[] predicted, long[] labels) {
    return share("c_acc", predicted, labels);
  }

  /** Share of predictions equal to what was wanted; NaN over nothing. */
  private static Measurement share(String name, long[] predicted, long[] wanted) {
    if (predicted.length != wanted.length) {
      throw new IllegalArgumentException(
          name + ": " + predicted.length + " predictions, but " + wanted.length + " labels");
    }
    int hits = 0;
    for (int i = 0; i < predicted.length; i++) {
      hits += predicted[i] == wanted[i] ? 1 : 0;
    }
    double value = predicted.length == 0 ? Double.NaN : (double) hits / predicted.length;
    return new Measurement(name, value, predicted.length);
  }
}
