package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.spi.EvaluationContext.ModelPredictions;
import io.github.backdoor4j.core.spi.Figure;
import java.util.ArrayList;
import java.util.List;

/** Which classes a model takes for which. */
final class Confusion {

  private static final String TRUE = "true class";
  private static final String PREDICTED = "predicted";

  private Confusion() {}

  static Figure clean(String title, List<String> names, ModelPredictions predictions) {
    return figure(title, names, predictions.cleanLabels(), predictions.clean());
  }

  static Figure triggered(String title, List<String> names, ModelPredictions predictions) {
    return figure(title, names, predictions.originalLabels(), predictions.triggered());
  }

  private static Figure figure(String title, List<String> names, long[] labels, long[] predicted) {
    return new Figure.Matrix(
        title, TRUE, PREDICTED, names, shares(names.size(), labels, predicted));
  }

  /**
   * Share of the images of each class (row) predicted as each class (column). Rows of classes
   * without images are zero; predictions that are no class, of broken logits, count nowhere.
   */
  static List<List<Double>> shares(int classes, long[] labels, long[] predicted) {
    int[][] counts = new int[classes][classes];
    int[] totals = new int[classes];
    for (int i = 0; i < labels.length; i++) {
      totals[(int) labels[i]]++;
      if (predicted[i] >= 0) {
        counts[(int) labels[i]][(int) predicted[i]]++;
      }
    }
    List<List<Double>> rows = new ArrayList<>();
    for (int c = 0; c < classes; c++) {
      List<Double> row = new ArrayList<>();
      for (int count : counts[c]) {
        row.add((double) count / Math.max(1, totals[c]));
      }
      rows.add(row);
    }
    return rows;
  }
}
