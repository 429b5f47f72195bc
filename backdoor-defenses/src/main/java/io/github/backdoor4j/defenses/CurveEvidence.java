package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.spi.Evidence;
import io.github.backdoor4j.core.spi.Figure;
import io.github.backdoor4j.core.spi.Selection;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.train.TrainingHistory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * What mode connectivity repair shows of its work.
 *
 * @param endpoint how the other end was tuned
 * @param bend how the curve was trained
 */
record CurveEvidence(TrainingHistory endpoint, TrainingHistory bend) {

  Evidence of(
      ModeConnectivityRepair.Options options,
      KeptBack images,
      CurveModels models,
      List<Double> grid,
      int chosen,
      List<CurveModels.Score> scores) {
    boolean kept = options.selection() == Selection.CLEAN_HOLDOUT;
    Map<String, Double> numbers = new LinkedHashMap<>();
    numbers.put("t", grid.get(chosen));
    numbers.put("chosen_accuracy", scores.get(chosen).accuracy());
    numbers.putAll(distances(models.curve(), grid.get(chosen)));
    numbers.putAll(Tuning.numbers("endpoint", images.used().size(), endpoint));
    numbers.putAll(Tuning.numbers("bend", images.used().size(), bend));
    List<Figure> figures = new ArrayList<>();
    figures.add(curve(grid, chosen, scores, kept));
    figures.addAll(Tuning.figures("Fine-tuning of the other end", endpoint));
    figures.addAll(Tuning.figures("Training of the bend, at points drawn at random", bend));
    return new Evidence(numbers, figures, notes(options, images, kept));
  }

  /** How far in weight space the returned model is from both ends. */
  private static Map<String, Double> distances(WeightCurve curve, double t) {
    try (TensorScope scope = TensorScope.open()) {
      Map<String, Tensor> here = curve.at(t);
      Map<String, Double> distances = new LinkedHashMap<>();
      distances.put("distance_to_suspect", WeightSpace.distance(here, curve.start()));
      distances.put("distance_to_endpoint", WeightSpace.distance(here, curve.end()));
      distances.put("distance_of_the_ends", WeightSpace.distance(curve.start(), curve.end()));
      return distances;
    }
  }

  private static Figure curve(
      List<Double> grid, int chosen, List<CurveModels.Score> scores, boolean kept) {
    List<Double> marked = new ArrayList<>();
    for (int i = 0; i < grid.size(); i++) {
      marked.add(i == chosen ? scores.get(i).accuracy() : Double.NaN);
    }
    Map<String, List<Double>> series = new LinkedHashMap<>();
    series.put("accuracy", scores.stream().map(CurveModels.Score::accuracy).toList());
    series.put("loss", scores.stream().map(CurveModels.Score::loss).toList());
    series.put("chosen", marked);
    return new Figure.Curves(
        "Along the curve, from the suspect to the fine-tuned end",
        "t",
        kept ? "on kept-back clean images" : "on the clean images trained on",
        grid,
        series);
  }

  private static List<String> notes(
      ModeConnectivityRepair.Options options, KeptBack images, boolean kept) {
    if (!kept) {
      return List.of();
    }
    return List.of(
        "t was chosen by accuracy on "
            + images.judged().size()
            + " clean images kept back from the holdout, short of the fine-tuned end; option t ("
            + options.t()
            + ") was not used.");
  }
}
