package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.spi.Evidence;
import io.github.backdoor4j.core.spi.Figure;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * What a reader of a Neural Cleanse result gets to see.
 *
 * @param spec the data set
 * @param triggers one per class, in label order
 * @param outliers their norms on the scale of the options
 * @param flagged labels, smallest trigger first
 * @param options of the run
 */
record NeuralCleanseEvidence(
    DatasetSpec spec,
    List<ReversedTrigger> triggers,
    MadOutliers outliers,
    List<Integer> flagged,
    NeuralCleanse.Options options) {

  private static final int MOST_PICTURES = 20;

  /** The evidence, with that of what was done about it. */
  Evidence with(Evidence remedy) {
    List<Figure> figures = new ArrayList<>(List.of(norms(), masks(), patterns()));
    figures.addAll(remedy.figures());
    Map<String, Double> numbers = numbers();
    numbers.putAll(remedy.numbers());
    List<String> notes = notes();
    notes.addAll(remedy.notes());
    return new Evidence(numbers, figures, notes);
  }

  private Map<String, Double> numbers() {
    Map<String, Double> numbers = new LinkedHashMap<>();
    if (Double.isFinite(outliers.indexOfSmallest())) {
      numbers.put("anomaly_index", outliers.indexOfSmallest());
    }
    numbers.put("flagged_labels", (double) flagged.size());
    numbers.put("median_mask_norm", options.scale().back(outliers.median()));
    numbers.put("flagging_norm", limit());
    numbers.put("inversion_epochs", triggers.stream().mapToDouble(ReversedTrigger::epochs).sum());
    for (ReversedTrigger trigger : triggers) {
      numbers.put("mask_norm_" + trigger.label(), trigger.norm());
    }
    return numbers;
  }

  private Figure norms() {
    Map<String, Double> bars = new LinkedHashMap<>();
    triggers.forEach(trigger -> bars.put(nameOf(trigger), trigger.norm()));
    boolean some = limit() > 0 && outliers.deviation() > 0;
    return new Figure.Bars(
        "Size of the smallest trigger per class; flagged below the line",
        "L1 norm of the mask",
        bars,
        some ? limit() : Double.NaN);
  }

  /** Norm below which a class is flagged; not positive if none can be. */
  private double limit() {
    return options.scale().back(outliers.median() - options.threshold() * outliers.deviation());
  }

  private Figure masks() {
    ImageShape shape = spec.shape();
    return pictures(
        "Recovered masks", new ImageShape(1, shape.height(), shape.width()), ReversedTrigger::mask);
  }

  private Figure patterns() {
    return pictures("Recovered triggers (mask × pattern)", spec.shape(), ReversedTrigger::visible);
  }

  private Figure pictures(
      String title, ImageShape shape, Function<ReversedTrigger, float[]> pixels) {
    Map<String, float[]> pictures = new LinkedHashMap<>();
    triggers.stream()
        .sorted(Comparator.comparingDouble(ReversedTrigger::norm))
        .limit(MOST_PICTURES)
        .forEach(trigger -> pictures.put(nameOf(trigger), pixels.apply(trigger)));
    return new Figure.Pictures(title, shape, pictures);
  }

  private String nameOf(ReversedTrigger trigger) {
    return spec.classNames().get(trigger.label());
  }

  private List<String> notes() {
    List<String> notes = new ArrayList<>();
    if (flagged.isEmpty()) {
      notes.add(
          "Not detected: no class has an abnormally small trigger, so the model was not changed."
              + " Neural Cleanse does not find all-to-all, sample-specific or large triggers.");
    }
    if (!flagged.isEmpty() && options.repair() == NeuralCleanse.Repair.NONE) {
      notes.add("No repair was asked for.");
    }
    if (outliers.deviation() == 0) {
      notes.add("The anomaly index is undefined: most trigger norms are equal.");
    }
    List<String> missed =
        triggers.stream().filter(trigger -> !trigger.reached()).map(this::nameOf).toList();
    if (!missed.isEmpty()) {
      notes.add(
          "No trigger reached the success rate for "
              + String.join(", ", missed)
              + "; their masks are those of the first epoch and bias the anomaly index.");
    }
    return notes;
  }
}
