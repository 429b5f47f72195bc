package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.spi.Evidence;
import io.github.backdoor4j.core.spi.Figure;
import io.github.backdoor4j.core.spi.Selection;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a reader wants to know about a pruning.
 *
 * @param layers number of channels per normalisation
 * @param settings all settings
 * @param choice the one taken, and what was measured on the way
 * @param selection by what it was taken
 */
record PruningEvidence(
    Map<String, Integer> layers,
    PruningSettings settings,
    SettingChoice choice,
    Selection selection) {

  /** Everything, after what is known already. */
  Evidence with(Evidence found) {
    Map<String, Double> numbers = new LinkedHashMap<>(numbers());
    numbers.putAll(found.numbers());
    List<Figure> figures = new ArrayList<>();
    figures.add(byThreshold());
    if (choice.accuracy().length > 0) {
      figures.add(measured());
    }
    figures.add(perLayer());
    figures.addAll(found.figures());
    List<String> notes = new ArrayList<>(found.notes());
    if (pruned().isEmpty()) {
      notes.add("No channel was pruned: this is the model as it was.");
    }
    return new Evidence(numbers, figures, notes);
  }

  private List<Channel> pruned() {
    return settings.pruned().get(choice.setting());
  }

  private Map<String, Double> numbers() {
    Map<String, Double> numbers = new LinkedHashMap<>();
    numbers.put("pruned_channels", (double) pruned().size());
    numbers.put("channels", layers.values().stream().mapToDouble(n -> n).sum());
    double threshold = settings.thresholds().get(choice.setting());
    if (Double.isFinite(threshold)) {
      numbers.put("threshold", threshold);
    }
    if (choice.accuracy().length > 0) {
      String kind = selection == Selection.ORACLE ? "test" : "kept_back";
      numbers.put(kind + "_accuracy_before", choice.accuracy()[0]);
      numbers.put(kind + "_accuracy_pruned", choice.accuracy()[choice.setting()]);
    }
    return numbers;
  }

  private Figure byThreshold() {
    List<Double> counts = settings.tried().values().stream().map(Integer::doubleValue).toList();
    return new Figure.Curves(
        "Channels that each threshold prunes",
        "threshold",
        "pruned channels",
        List.copyOf(settings.tried().keySet()),
        Map.of("pruned channels", counts));
  }

  /** What the choice was made by. */
  private Figure measured() {
    Map<String, List<Double>> series = new LinkedHashMap<>();
    series.put("clean accuracy", filled(choice.accuracy()));
    if (selection == Selection.ORACLE) {
      series.put("attack success", filled(choice.attackSuccess()));
    }
    List<Double> chosen = gaps();
    chosen.set(choice.setting(), choice.accuracy()[choice.setting()]);
    series.put("chosen", chosen);
    String data = selection == Selection.ORACLE ? "test data" : "images kept back";
    return new Figure.Curves(
        "Pruning, judged on " + data, "pruned channels", "share", settings.counts(), series);
  }

  /** Settings that were not looked at leave a gap. */
  private List<Double> filled(double[] measured) {
    List<Double> values = gaps();
    for (int i = 0; i < measured.length; i++) {
      values.set(i, measured[i]);
    }
    return values;
  }

  private List<Double> gaps() {
    Double[] gaps = new Double[settings.size()];
    Arrays.fill(gaps, Double.NaN);
    return Arrays.asList(gaps);
  }

  private Figure perLayer() {
    Map<String, Double> bars = new LinkedHashMap<>();
    layers.forEach((layer, size) -> bars.put(layer, 0.0));
    pruned().forEach(channel -> bars.merge(channel.layer(), 1.0, Double::sum));
    return new Figure.Bars("Pruned channels per layer", "channels", bars, Double.NaN);
  }
}
