package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.NotApplicableException;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.spi.DefenseContext;
import io.github.backdoor4j.core.spi.Evidence;
import io.github.backdoor4j.core.spi.Selection;
import io.github.backdoor4j.core.tensor.TensorScope;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Takes out the classifier inputs that reversed triggers drive most, until the triggers work no
 * more, or as little as the accuracy allows (Neural Cleanse, §VI-B).
 *
 * @param network pruned in place
 */
record TriggerPruning(DefenseContext context, Network network, NeuralCleanse.Options options) {

  /** Prunes against triggers, one at least. */
  TriggerRemedy of(List<ReversedTrigger> found) {
    try (TensorScope scope = TensorScope.open()) {
      ClassifierInputs inputs = new ClassifierInputs(network, context);
      KeptBack parts = KeptBack.of(context, options.pruning().keptBack());
      PruningSweep sweep =
          sweep(TriggerFeatures.of(inputs, parts.used(), found), options.pruning().stepShare());
      TriggerFeatures judged = TriggerFeatures.of(inputs, parts.judged(), found);
      double[] success = success(judged, inputs, sweep);
      double[] accuracy =
          inputs.agreements(sweep, judged.clean(), context.device().place(parts.judged().labels()));
      int chosen = choose(inputs, sweep, parts, accuracy, success);
      UnitPruning pruning = new UnitPruning(sweep, accuracy, chosen, parts.judged().size());
      inputs.fold(inputs.mask(pruning.units()));
      return new TriggerRemedy(
          Optional.of(network),
          Optional.of(pruning.variants("pruned neurons", context, inputs)),
          Optional.empty(),
          evidence(pruning, success));
    }
  }

  /**
   * Neurons by their largest gap under any trigger, largest first. Where features are signed, as
   * those of pre-activation networks, a trigger also works by pushing some down.
   */
  static PruningSweep sweep(TriggerFeatures used, double stepShare) {
    double[] gaps =
        largest(IntStream.range(0, used.triggers().size()).mapToObj(used::gaps).toList());
    return PruningSweep.largestFirst(gaps, stepShare);
  }

  /** Success of the trigger that works best, per setting. */
  private static double[] success(
      TriggerFeatures judged, ClassifierInputs inputs, PruningSweep sweep) {
    int triggers = judged.triggers().size();
    for (int t = 0; t < triggers; t++) {
      if (judged.others(t).length == 0) {
        throw new NotApplicableException(
            "the %d clean images kept back are all of class %d, so that nothing shows whether its"
                + " trigger still works. Raise pruning.kept_back or the holdout ratio.",
            judged.images().size(), judged.triggers().get(t).label());
      }
    }
    return largest(
        IntStream.range(0, triggers).mapToObj(t -> judged.success(t, inputs, sweep)).toList());
  }

  private static double[] largest(List<double[]> lines) {
    return IntStream.range(0, lines.get(0).length)
        .mapToDouble(i -> lines.stream().mapToDouble(line -> line[i]).max().orElseThrow())
        .toArray();
  }

  private int choose(
      ClassifierInputs inputs,
      PruningSweep sweep,
      KeptBack parts,
      double[] accuracy,
      double[] success) {
    if (options.selection() == Selection.CLEAN_HOLDOUT) {
      return leastHarm(
          accuracy,
          success,
          options.pruning().triggerTolerance(),
          options.pruning().maxAccuracyDrop());
    }
    return SettingChoice.of(
            context,
            options.selection(),
            options.pruning().maxAccuracyDrop(),
            sweep.settingOf(options.pruning().prunedShare()),
            parts.judged(),
            sweep.settings(),
            setting -> UnitPruning.pruned(context, inputs, sweep, setting))
        .setting();
  }

  /**
   * The first setting at which triggers work no more; if none is, the first of those at which they
   * work least. Only settings that keep the accuracy count. It is not monotone: what one neuron's
   * loss unbalances, the next one's may balance again, so a dip does not end the search.
   *
   * @param accuracy per setting, the first without pruning
   * @param success of the reversed triggers, per setting
   * @param harmless success at which a trigger works no more
   * @param tolerance relative loss of accuracy at which a setting is refused
   */
  static int leastHarm(double[] accuracy, double[] success, double harmless, double tolerance) {
    int best = 0;
    for (int setting = 0; setting < accuracy.length && success[best] > harmless; setting++) {
      double loss = (accuracy[0] - accuracy[setting]) / accuracy[0];
      // NaN, which is refused as well, if nothing was right to begin with
      if (loss < tolerance && success[setting] < success[best]) {
        best = setting;
      }
    }
    return best;
  }

  private Evidence evidence(UnitPruning pruning, double[] success) {
    int chosen = pruning.chosen();
    Map<String, Double> numbers = new LinkedHashMap<>();
    numbers.put("pruned_neurons", (double) pruning.units().length);
    numbers.put("neurons", (double) pruning.sweep().order().length);
    numbers.putAll(pruning.numbers());
    numbers.put("reversed_trigger_success_before", success[0]);
    numbers.put("reversed_trigger_success_pruned", success[chosen]);
    List<String> notes = new ArrayList<>(pruning.notes(options.selection()));
    if (pruning.units().length == 0) {
      notes.add("No neuron was pruned: the model is the one under suspicion.");
    }
    if (success[chosen] > options.pruning().triggerTolerance()) {
      notes.add(
          "After pruning the reversed trigger still turns "
              + Math.round(100 * success[chosen])
              + " % of the kept-back images; what would stop it better costs too much accuracy.");
    }
    return new Evidence(
        numbers,
        List.of(
            pruning.curve(
                "Pruning the neurons that the reversed trigger drives",
                "pruned neurons",
                options.pruning().maxAccuracyDrop(),
                Map.of("success of the reversed trigger", success))),
        notes);
  }
}
