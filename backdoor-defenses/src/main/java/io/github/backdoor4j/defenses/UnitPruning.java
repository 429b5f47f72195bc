package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.spi.DefenseContext;
import io.github.backdoor4j.core.spi.Figure;
import io.github.backdoor4j.core.spi.Selection;
import io.github.backdoor4j.core.spi.Variants;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * What a sweep over pruned classifier inputs came to.
 *
 * @param sweep all settings
 * @param accuracy on the kept-back images, per setting
 * @param chosen the setting
 * @param keptBack number of images behind each accuracy
 */
record UnitPruning(PruningSweep sweep, double[] accuracy, int chosen, int keptBack) {

  int[] units() {
    return sweep.pruned(chosen);
  }

  /** The suspect, pruned as at a setting. */
  static Network pruned(
      DefenseContext context, ClassifierInputs inputs, PruningSweep sweep, int setting) {
    return ClassifierInputs.fold(context.suspect(), inputs.mask(sweep.pruned(setting)));
  }

  /** The suspect at every setting, without what came after the pruning. */
  Variants variants(String axis, DefenseContext context, ClassifierInputs inputs) {
    List<Double> positions = IntStream.range(0, sweep.settings()).mapToObj(this::position).toList();
    return new Variants(
        axis, positions, chosen, setting -> pruned(context, inputs, sweep, setting));
  }

  private double position(int setting) {
    return sweep.pruned(setting).length;
  }

  Map<String, Double> numbers() {
    Map<String, Double> numbers = new LinkedHashMap<>();
    numbers.put("kept_back_images", (double) keptBack);
    numbers.put("kept_back_accuracy_before", accuracy[0]);
    numbers.put("kept_back_accuracy_pruned", accuracy[chosen]);
    return numbers;
  }

  /**
   * Accuracy along the sweep.
   *
   * @param tolerance relative loss of accuracy that was allowed
   * @param more further series, one value per setting
   */
  Figure curve(String title, String axis, double tolerance, Map<String, double[]> more) {
    int settings = accuracy.length;
    Map<String, List<Double>> series = new LinkedHashMap<>();
    series.put("accuracy on kept-back clean images", boxed(accuracy));
    series.put(
        "least accuracy allowed", Collections.nCopies(settings, accuracy[0] * (1 - tolerance)));
    more.forEach((name, values) -> series.put(name, boxed(values)));
    series.put(
        "chosen",
        IntStream.range(0, settings)
            .mapToObj(setting -> setting == chosen ? accuracy[setting] : Double.NaN)
            .toList());
    List<Double> x = IntStream.range(0, settings).mapToObj(this::position).toList();
    return new Figure.Curves(title, axis, "share of images", x, series);
  }

  List<String> notes(Selection selection) {
    List<String> notes = new ArrayList<>();
    notes.add(
        switch (selection) {
          case CLEAN_HOLDOUT ->
              "Accuracy while pruning was measured on "
                  + keptBack
                  + " clean images kept back from the holdout, not on test data.";
          case FIXED -> "The share of pruned units was given beforehand.";
          case ORACLE ->
              "The number of pruned units was chosen by attack success on test data, which no"
                  + " defender has.";
        });
    return notes;
  }

  private static List<Double> boxed(double[] values) {
    return Arrays.stream(values).boxed().toList();
  }
}
