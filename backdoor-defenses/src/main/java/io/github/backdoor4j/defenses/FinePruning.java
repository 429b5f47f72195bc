package io.github.backdoor4j.defenses;

import static io.github.backdoor4j.core.Checks.require;
import static io.github.backdoor4j.core.Checks.requirePositive;
import static io.github.backdoor4j.core.Checks.requireRange;
import static io.github.backdoor4j.core.Checks.requireRatio;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.Passes;
import io.github.backdoor4j.core.nn.Taps;
import io.github.backdoor4j.core.record.Doc;
import io.github.backdoor4j.core.spi.DefenderAccess;
import io.github.backdoor4j.core.spi.DefenseContext;
import io.github.backdoor4j.core.spi.DefenseOutcome.RepairedModel;
import io.github.backdoor4j.core.spi.DefenseStrategy;
import io.github.backdoor4j.core.spi.Evidence;
import io.github.backdoor4j.core.spi.Fidelity;
import io.github.backdoor4j.core.spi.Figure;
import io.github.backdoor4j.core.spi.MethodCard;
import io.github.backdoor4j.core.spi.Selection;
import io.github.backdoor4j.core.spi.Workload;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.train.TrainingHistory;
import io.github.backdoor4j.core.train.TrainingPlan;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;

/**
 * Prunes the units before the classifier that clean images leave dormant, as long as clean accuracy
 * allows, then fine-tunes on clean images. Assumes a small clean labelled set, of which a part is
 * kept back to measure the accuracy; test data is never used.
 *
 * <p>{@link Fidelity#PAPER}: channels of the last feature map after ReLU, on images as they are,
 * back to the last setting within the tolerance (§IV). {@link Fidelity#BACKDOORBENCH}: inputs of
 * the classifier with their sign, on augmented images, one unit fewer than the setting says, and
 * the first setting beyond the tolerance is kept.
 *
 * @see <a href="https://arxiv.org/abs/1805.12185">Liu et al., Fine-Pruning, RAID 2018</a>
 */
public final class FinePruning implements DefenseStrategy<FinePruning.Options> {

  /** Ours: the paper names no share, it prunes as far as accuracy allows. */
  private static final double DEFAULT_SHARE = 0.5;

  /**
   * What Fine-Pruning can be told.
   *
   * @param maxAccuracyDrop relative loss of clean accuracy at which pruning has gone too far
   * @param stepShare share of the units that each setting prunes more
   * @param keptBack share of the holdout on which the loss of accuracy is measured
   * @param tuning training after pruning
   * @param selection by what the number of pruned units is chosen
   * @param prunedShare share of the units to prune if it is fixed
   * @param fidelity whom to follow where paper and benchmark differ
   */
  public record Options(
      @Doc(
              value =
                  "relative loss of clean accuracy at which pruning has gone too far, measured on"
                      + " the part of the holdout that is kept back",
              range = "(0, 1]")
          double maxAccuracyDrop,
      @Doc(value = "share of the units that each setting prunes more", range = "(0, 1]")
          double stepShare,
      @Doc(
              value =
                  "share of the clean holdout kept back to measure accuracy while pruning; the"
                      + " tuning afterwards uses the whole holdout",
              range = "(0, 1)")
          double keptBack,
      @Doc("training after pruning, on the whole holdout; pruned units stay out")
          TrainingPlan tuning,
      @Doc(
              value =
                  "how many units are pruned: fixed (pruned_share), clean-holdout (as accuracy on"
                      + " the kept-back images allows), oracle (least attack success on test data)",
              range = "fixed | clean-holdout | oracle")
          Selection selection,
      @Doc(value = "selection = fixed: share of the units to prune", range = "[0, 1]")
          double prunedShare,
      @Doc(
              value =
                  "paper: channels after ReLU, rollback to the last good setting; backdoorbench:"
                      + " signed classifier inputs, one unit fewer, first setting beyond tolerance",
              range = "paper | backdoorbench")
          Fidelity fidelity) {

    public Options {
      requireRatio("max_accuracy_drop", maxAccuracyDrop);
      requireRatio("step_share", stepShare);
      requirePositive("kept_back", keptBack);
      require(keptBack < 1, "kept_back must lie in (0, 1), but was %s", keptBack);
      requireRange("pruned_share", prunedShare, 0, 1);
    }

    /** Pruning as far as accuracy on the kept-back images allows. */
    public Options(
        double maxAccuracyDrop,
        double stepShare,
        double keptBack,
        TrainingPlan tuning,
        Fidelity fidelity) {
      this(
          maxAccuracyDrop,
          stepShare,
          keptBack,
          tuning,
          Selection.CLEAN_HOLDOUT,
          DEFAULT_SHARE,
          fidelity);
    }
  }

  @Override
  public String id() {
    return "fine-pruning";
  }

  @Override
  public List<String> aliases() {
    return List.of("fp");
  }

  @Override
  public Options defaults(DatasetSpec data) {
    return new Options(0.1, 0.01, 0.2, Tuning.defaults(data), Fidelity.PAPER);
  }

  @Override
  public MethodCard card() {
    return new MethodCard(
        "Fine-Pruning (FP)",
        "Prunes units that clean images leave dormant, then fine-tunes on clean images.",
        "Liu, Dolan-Gavitt, Garg: Fine-Pruning: Defending Against Backdooring Attacks on Deep"
            + " Neural Networks, RAID 2018",
        "https://arxiv.org/abs/1805.12185",
        "defender has the model and a small clean labelled set",
        "post-training repair",
        "one pass over the holdout for pruning, then 3 · epochs · holdout/n forward passes over"
            + " the training set (15 by default)",
        List.of(
            "the accuracy that limits pruning is measured on a kept-back part of the clean holdout;"
                + " the benchmark measures it on test data",
            "one draw of clean images; the benchmark draws twice",
            "32-bit training where the benchmark uses 16-bit automatic mixed precision",
            "channels are masked where they enter the classifier, which equals masking the feature"
                + " map only if nothing but pooling, ReLU and flattening lies between"));
  }

  @Override
  public Set<DefenderAccess> needs() {
    return Set.of(DefenderAccess.SUSPECT_MODEL, DefenderAccess.CLEAN_HOLDOUT);
  }

  @Override
  public Set<DefenderAccess> needs(Options options) {
    return options.selection().with(needs());
  }

  @Override
  public Optional<Passes> expectedPasses(Options options, Workload load) {
    int images = load.holdoutImages(); // those that rank and those that judge, once each
    return Optional.of(Passes.forward(images).plus(Tuning.passes(options.tuning(), images)));
  }

  @Override
  public RepairedModel defend(DefenseContext context, Options options) {
    Network network = context.suspect();
    try (TensorScope scope = TensorScope.open()) {
      ClassifierInputs inputs = new ClassifierInputs(network, context);
      UnitPruning pruning = prune(inputs, context, options);
      Tensor mask = inputs.mask(pruning.units());
      String penultimate = network.features().penultimate();
      TrainingHistory history =
          context
              .trainer("tuning")
              .fit(
                  network,
                  context.labelledHoldout(),
                  options.tuning(),
                  (batch, step) ->
                      step.crossEntropy(
                          step.forward(
                              network, batch.images(), Taps.at(penultimate, x -> x.mul(mask))),
                          batch.labels()),
                  context.seed().child("tuning"));
      inputs.fold(mask);
      return new RepairedModel(
          network,
          evidence(pruning, history, context.labelledHoldout().size(), options),
          Optional.of(pruning.variants("pruned units, before tuning", context, inputs)));
    }
  }

  private static UnitPruning prune(
      ClassifierInputs inputs, DefenseContext context, Options options) {
    KeptBack parts = KeptBack.of(context, options.keptBack());
    double[] activations =
        options.fidelity() == Fidelity.PAPER
            ? inputs.channelActivations(parts.used())
            : inputs.signedActivations(parts.used(), context.seed().child("augmentation"));
    PruningSweep sweep =
        PruningSweep.leastActiveFirst(activations, options.stepShare(), options.fidelity());
    double[] accuracy = inputs.accuracies(sweep, parts.judged());
    int chosen =
        options.selection() == Selection.CLEAN_HOLDOUT
            ? sweep.choose(accuracy, options.maxAccuracyDrop())
            : SettingChoice.of(
                    context,
                    options.selection(),
                    options.maxAccuracyDrop(),
                    sweep.settingOf(options.prunedShare()),
                    parts.judged(),
                    sweep.settings(),
                    setting -> UnitPruning.pruned(context, inputs, sweep, setting))
                .setting();
    return new UnitPruning(sweep, accuracy, chosen, parts.judged().size());
  }

  private static Evidence evidence(
      UnitPruning pruning, TrainingHistory history, int images, Options options) {
    Map<String, Double> numbers = new LinkedHashMap<>();
    numbers.put("pruned_channels", (double) pruning.units().length);
    numbers.put("channels", (double) pruning.sweep().order().length);
    numbers.putAll(pruning.numbers());
    numbers.putAll(Tuning.numbers("tuning", images, history));
    List<Figure> figures = new ArrayList<>();
    figures.add(
        pruning.curve(
            "Pruning the least active units", "pruned units", options.maxAccuracyDrop(), Map.of()));
    figures.addAll(Tuning.figures("Fine-tuning after pruning", history));
    List<String> notes = new ArrayList<>(pruning.notes(options.selection()));
    if (pruning.units().length == 0) {
      notes.add("No unit was pruned: this is plain fine-tuning.");
    }
    return new Evidence(numbers, figures, notes);
  }
}
