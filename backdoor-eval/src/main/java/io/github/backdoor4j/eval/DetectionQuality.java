package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.spi.Evaluation;
import io.github.backdoor4j.core.spi.Evaluation.Measurement;
import io.github.backdoor4j.core.spi.EvaluationContext;
import io.github.backdoor4j.core.spi.EvaluationContext.Detection;
import io.github.backdoor4j.core.spi.Evaluator;
import java.util.Arrays;
import java.util.List;

/**
 * How well a detector of samples tells poisoned from clean. Positive means poisoned. A rate whose
 * denominator is 0 is undefined, not 0.
 *
 * <ul>
 *   <li>{@code tpr} (recall) = TP/(TP+FN), {@code fpr} = FP/(FP+TN), {@code precision} =
 *       TP/(TP+FP), {@code recall} = tpr, {@code f1} = 2TP/(2TP+FP+FN)
 *   <li>{@code auroc} = (number of (poisoned, clean) pairs ranked rightly + half the ties) / pairs
 * </ul>
 */
public final class DetectionQuality implements Evaluator {

  @Override
  public String id() {
    return "detection-quality";
  }

  @Override
  public String description() {
    return "tpr, fpr, precision, recall, f1 of the flags and auroc of the scores, poisoned being"
        + " positive";
  }

  @Override
  public Evaluation evaluate(EvaluationContext context) {
    return context.detection().map(DetectionQuality::of).orElse(Evaluation.NONE);
  }

  private static Evaluation of(Detection detection) {
    long[] counts = new long[4]; // TN, FP, FN, TP
    for (int i = 0; i < detection.flagged().length; i++) {
      counts[(detection.poisoned()[i] ? 2 : 0) + (detection.flagged()[i] ? 1 : 0)]++;
    }
    long tn = counts[0];
    long fp = counts[1];
    long fn = counts[2];
    long tp = counts[3];
    return new Evaluation(
        List.of(
            ratio("tpr", tp, tp + fn),
            ratio("fpr", fp, fp + tn),
            ratio("precision", tp, tp + fp),
            ratio("recall", tp, tp + fn),
            ratio("f1", 2 * tp, 2 * tp + fp + fn),
            auroc(detection.scores(), detection.poisoned())));
  }

  private static Measurement ratio(String name, long part, long whole) {
    return new Measurement(name, whole == 0 ? Double.NaN : (double) part / (double) whole, whole);
  }

  /** Rank-sum form of the area under the ROC curve, ties counting half. */
  static Measurement auroc(double[] scores, boolean[] positive) {
    Integer[] order = new Integer[scores.length];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, (a, b) -> Double.compare(scores[a], scores[b]));
    long positives = 0;
    double rankSum = 0;
    for (int from = 0; from < order.length; ) {
      int to = from;
      int positivesHere = 0;
      while (to < order.length && scores[order[to]] == scores[order[from]]) {
        positivesHere += positive[order[to]] ? 1 : 0;
        to++;
      }
      to = Math.max(to, from + 1); // a NaN equals nothing, not even itself
      positives += positivesHere;
      rankSum += positivesHere * (from + 1 + to) / 2.0;
      from = to;
    }
    long pairs = positives * (scores.length - positives);
    double wins = rankSum - positives * (positives + 1) / 2.0;
    return new Measurement("auroc", pairs == 0 ? Double.NaN : wins / (double) pairs, pairs);
  }
}
