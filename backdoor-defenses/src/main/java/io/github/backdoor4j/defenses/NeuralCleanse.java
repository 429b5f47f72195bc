package io.github.backdoor4j.defenses;

import static io.github.backdoor4j.core.Checks.require;
import static io.github.backdoor4j.core.Checks.requireAtLeast;
import static io.github.backdoor4j.core.Checks.requirePositive;
import static io.github.backdoor4j.core.Checks.requireRange;
import static io.github.backdoor4j.core.Checks.requireRatio;

import io.github.backdoor4j.core.NotApplicableException;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.Passes;
import io.github.backdoor4j.core.record.Doc;
import io.github.backdoor4j.core.spi.DefenderAccess;
import io.github.backdoor4j.core.spi.DefenseContext;
import io.github.backdoor4j.core.spi.DefenseOutcome.ModelVerdict;
import io.github.backdoor4j.core.spi.DefenseStrategy;
import io.github.backdoor4j.core.spi.Fidelity;
import io.github.backdoor4j.core.spi.MethodCard;
import io.github.backdoor4j.core.spi.Selection;
import io.github.backdoor4j.core.spi.Workload;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.train.TrainingPlan;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Searches for each class the smallest trigger that turns clean images into it; a class whose
 * trigger is abnormally small is called a backdoor's target. Then the model unlearns that trigger,
 * loses the neurons that it drives, or is guarded by a filter of inputs that drive them. Assumes a
 * small clean labelled set, gradients of the model with respect to its input, and a backdoor with
 * one small trigger per target class.
 *
 * <p>Fidelity: the benchmark stamps the images for unlearning through 8-bit image files that
 * stretch the trigger and let sums wrap around; the paper's way is exact blending.
 *
 * @see <a href="https://doi.org/10.1109/SP.2019.00031">Wang et al., Neural Cleanse, S&amp;P
 *     2019</a>
 */
public final class NeuralCleanse implements DefenseStrategy<NeuralCleanse.Options> {

  /** In which form the trigger norms are compared. */
  public enum NormScale {
    /** As they are, as in the paper (§V-A). */
    LINEAR,
    /**
     * Their logarithms. Norms of clean classes often differ by factors, which on the linear scale
     * makes the deviation so large that even a trigger of few pixels is no outlier.
     */
    LOG;

    double of(double norm) {
      return this == LOG ? Math.log(Math.max(norm, Double.MIN_NORMAL)) : norm;
    }

    double back(double value) {
      return this == LOG ? Math.exp(value) : value;
    }
  }

  /** What is done about the triggers that were found (§VI). */
  public enum Repair {
    /** Training on images with the trigger and their true labels (§VI-C). */
    UNLEARNING,
    /** Taking out the neurons that the trigger drives most, until it works no more (§VI-B). */
    PRUNING,
    /** Rejecting inputs that drive these neurons; the model stays as it is (§VI-A). */
    FILTER,
    /** Nothing: detection only. */
    NONE
  }

  /**
   * How neurons are pruned.
   *
   * @param prunedShare share of the neurons to prune if it is fixed
   * @param stepShare share of the neurons that each setting prunes more
   * @param triggerTolerance share of images that a trigger turns at which it works no more
   * @param maxAccuracyDrop relative loss of accuracy at which pruning has gone too far
   * @param keptBack share of the holdout on which accuracy is measured
   */
  public record Pruning(
      @Doc(value = "selection = fixed: share of the neurons to prune", range = "[0, 1]")
          double prunedShare,
      @Doc(value = "share of the neurons that each setting prunes more", range = "(0, 1]")
          double stepShare,
      @Doc(
              value =
                  "a reversed trigger that turns no more than this share of images works no more",
              range = "[0, 1]")
          double triggerTolerance,
      @Doc(
              value = "relative loss of clean accuracy at which pruning has gone too far",
              range = "(0, 1]")
          double maxAccuracyDrop,
      @Doc(
              value = "share of the clean holdout kept back to measure accuracy while pruning",
              range = "(0, 1)")
          double keptBack) {

    public Pruning {
      requireRange("pruned_share", prunedShare, 0, 1);
      requireRatio("step_share", stepShare);
      requireRange("trigger_tolerance", triggerTolerance, 0, 1);
      requireRatio("max_accuracy_drop", maxAccuracyDrop);
      requirePositive("kept_back", keptBack);
      require(keptBack < 1, "kept_back must lie in (0, 1), but was %s", keptBack);
    }
  }

  /**
   * How inputs are filtered.
   *
   * @param neuronShare share of the neurons that make the profile
   * @param falseRejectionRate share of clean images that may be rejected
   */
  public record Filter(
      @Doc(
              value = "share of the neurons, those that the trigger drives most, that are watched",
              range = "(0, 1]")
          double neuronShare,
      @Doc(
              value = "share of clean holdout images that may be rejected; sets the threshold",
              range = "[0, 1)")
          double falseRejectionRate) {

    public Filter {
      requireRatio("neuron_share", neuronShare);
      require(
          falseRejectionRate >= 0 && falseRejectionRate < 1,
          "false_rejection_rate must lie in [0, 1), but was %s",
          falseRejectionRate);
    }
  }

  /**
   * What Neural Cleanse can be told.
   *
   * @param epochs most epochs of inversion per class
   * @param batchSize images per step of the inversion
   * @param images how many images of the holdout the inversion uses; 0 for all
   * @param augment whether they are augmented as in training
   * @param learningRate of Adam with betas 0.5 and 0.9
   * @param successRate share of images that a trigger must turn
   * @param initialCost weight of the mask's L1 norm in the loss at first
   * @param costMultiplier factor that raises the cost; its power 1.5 lowers it
   * @param costPatience epochs in a row above or below the success rate until the cost changes
   * @param stopPatience epochs in a row without a smaller mask until a class is done
   * @param stopShare a best norm of at least this share of the one before counts as no smaller
   * @param classesTogether classes in one forward pass; 0 for as many as make sense
   * @param scale in which form norms are compared
   * @param median which median of an even number of norms
   * @param threshold anomaly index above which a class is flagged
   * @param repair what is done about a trigger that was found
   * @param stampedShare share of the holdout that is stamped for unlearning
   * @param unlearning training on the partly stamped holdout
   * @param selection by what the number of pruned neurons is chosen
   * @param pruning how neurons are pruned
   * @param filter how inputs are filtered
   * @param fidelity whom to follow where paper and benchmark differ
   */
  public record Options(
      @Doc(value = "most epochs of inversion per class", range = "at least 1") int epochs,
      @Doc(value = "images per step of the inversion", range = "at least 1") int batchSize,
      @Doc(
              value = "how many images of the clean holdout the inversion uses; 0 for all",
              range = "at least 0")
          int images,
      @Doc("whether images are augmented as in training during the inversion") boolean augment,
      @Doc(value = "learning rate of the inversion: Adam, betas 0.5 and 0.9", range = "above 0")
          double learningRate,
      @Doc(
              value = "share of images that a trigger must turn into the class",
              range = "(0, 1]; paper 0.99")
          double successRate,
      @Doc(value = "weight of the mask's L1 norm in the loss at first", range = "above 0")
          double initialCost,
      @Doc(
              value = "factor that raises the cost; its power 1.5 divides when lowering",
              range = "above 1")
          double costMultiplier,
      @Doc(
              value = "epochs in a row above or below the success rate until the cost changes",
              range = "at least 1")
          int costPatience,
      @Doc(
              value = "epochs in a row without a smaller mask until a class is done",
              range = "at least 1")
          int stopPatience,
      @Doc(
              value = "a best norm of at least this share of the one before is no smaller",
              range = "(0, 1]")
          double stopShare,
      @Doc(
              value =
                  "classes inverted in one forward pass; 0 for as many as give 256 images together,"
                      + " which makes small batches fast; no influence on results but rounding",
              range = "at least 0")
          int classesTogether,
      @Doc(
              value =
                  "how norms are compared: as they are (paper), or by their logarithms, which finds"
                      + " small triggers where the norms of clean classes differ by factors",
              range = "linear | log")
          NormScale scale,
      @Doc(
              value = "median of an even number of norms: lower (PyTorch) or average (NumPy)",
              range = "lower | average")
          MedianRule median,
      @Doc(value = "anomaly index above which a class is flagged (§V-A: 2)", range = "above 0")
          double threshold,
      @Doc(
              value =
                  "against the triggers found: unlearning, pruning of neurons, a filter of inputs at"
                      + " run time, none",
              range = "unlearning | pruning | filter | none")
          Repair repair,
      @Doc(
              value = "share of the holdout stamped with each flagged trigger for unlearning",
              range = "(0, 1]")
          double stampedShare,
      @Doc("training on the partly stamped holdout, true labels kept") TrainingPlan unlearning,
      @Doc(
              value =
                  "pruning, how many neurons: fixed (pruned_share), clean-holdout (until the"
                      + " reversed trigger works no more on holdout images), oracle (least attack"
                      + " success on test data)",
              range = "fixed | clean-holdout | oracle")
          Selection selection,
      @Doc("repair by pruning") Pruning pruning,
      @Doc("filter of inputs") Filter filter,
      @Doc(
              value =
                  "stamping for unlearning: paper blends exactly; backdoorbench stretches mask and"
                      + " pattern, and values wrap around at 256",
              range = "paper | backdoorbench")
          Fidelity fidelity) {

    public Options {
      requireAtLeast("epochs", epochs, 1);
      requireAtLeast("batch_size", batchSize, 1);
      requireAtLeast("images", images, 0);
      requirePositive("learning_rate", learningRate);
      requireRatio("success_rate", successRate);
      requirePositive("initial_cost", initialCost);
      require(
          costMultiplier > 1 && Double.isFinite(costMultiplier),
          "cost_multiplier must be above 1, but was %s",
          costMultiplier);
      requireAtLeast("cost_patience", costPatience, 1);
      requireAtLeast("stop_patience", stopPatience, 1);
      requireRatio("stop_share", stopShare);
      requireAtLeast("classes_together", classesTogether, 0);
      requirePositive("threshold", threshold);
      requireRatio("stamped_share", stampedShare);
    }

    /** How many images of a holdout the inversion uses. */
    int images(int holdout) {
      return images == 0 ? holdout : Math.min(images, holdout);
    }

    CostControl.Rules rules() {
      return new CostControl.Rules(
          successRate, initialCost, costMultiplier, costPatience, stopPatience, stopShare);
    }
  }

  @Override
  public String id() {
    return "neural-cleanse";
  }

  @Override
  public List<String> aliases() {
    return List.of("nc");
  }

  @Override
  public Options defaults(DatasetSpec data) {
    return new Options(
        80,
        256,
        0,
        true,
        0.1,
        0.98,
        1e-3,
        2,
        5,
        25,
        0.99,
        0,
        NormScale.LINEAR,
        MedianRule.LOWER,
        2,
        Repair.UNLEARNING,
        0.2,
        Tuning.defaults(data),
        Selection.CLEAN_HOLDOUT,
        new Pruning(0.3, 0.01, 0.05, 0.1, 0.2),
        new Filter(0.01, 0.05),
        Fidelity.PAPER);
  }

  @Override
  public MethodCard card() {
    return new MethodCard(
        "Neural Cleanse (NC)",
        "Reverse-engineers the smallest trigger per class, flags abnormally small ones, and"
            + " unlearns them.",
        "Wang, Yao, Shan, Li, Viswanath, Zheng, Zhao: Neural Cleanse: Identifying and Mitigating"
            + " Backdoor Attacks in Neural Networks, IEEE S&P 2019",
        "https://doi.org/10.1109/SP.2019.00031",
        "defender has the model with input gradients and a small clean labelled set",
        "post-training detection and repair",
        "at most 3 · epochs · images/n forward passes over the training set per class (12 by"
            + " default), then as fine-tuning if flagged",
        List.of(
            "inversion and flags as in BackdoorBench: success rate 0.98 (paper 0.99), fixed start",
            "unlearning for 100 epochs on the holdout; the paper trains one epoch on 10 % of the"
                + " training data; the same holdout serves both phases, the benchmark draws anew",
            "stamped images are rounded to 8 bits",
            "comparing logarithms of norms is ours, off by default",
            "pruning and filter follow what is known of §VI without its full text at hand: units"
                + " are the inputs of the classifier with their sign, ranked by how far their mean"
                + " moves from clean images to those with the reversed trigger: for pruning up or"
                + " down, for the filter up",
            "pruning stops where the reversed trigger turns 5 % of the holdout's other images or"
                + " fewer; if no setting that keeps the accuracy does that, the one at which it"
                + " works least is taken; the paper gives no number",
            "filter: mean of the top 1 % of neurons, in standard deviations of clean images; with"
                + " several triggers the largest counts; threshold by a share of clean images",
            "a model is called backdoored if a class is flagged, so at an index of exactly 2 it is"
                + " not",
            "all-to-all, sample-specific, clean-label and large triggers are usually not found"));
  }

  @Override
  public Set<DefenderAccess> needs() {
    return Set.of(
        DefenderAccess.SUSPECT_MODEL, DefenderAccess.INPUT_GRADIENTS, DefenderAccess.CLEAN_HOLDOUT);
  }

  @Override
  public Set<DefenderAccess> needs(Options options) {
    if (options.repair() == Repair.FILTER) {
      Set<DefenderAccess> more = new LinkedHashSet<>(needs());
      more.add(DefenderAccess.RUNTIME_INPUTS);
      return more;
    }
    return options.repair() == Repair.PRUNING ? options.selection().with(needs()) : needs();
  }

  @Override
  public Optional<Passes> expectedPasses(Options options, Workload load) {
    double holdout = load.holdoutImages();
    Passes inversion =
        Passes.training(
            (double) load.classes() * options.epochs() * options.images(load.holdoutImages()));
    Passes withTrigger = Passes.forward(2 * holdout); // with and without one reversed trigger
    return Optional.of(
        inversion.plus(
            switch (options.repair()) {
              case UNLEARNING -> Tuning.passes(options.unlearning(), load.holdoutImages());
              case PRUNING -> withTrigger;
              case FILTER -> withTrigger.plus(Passes.forward(load.runtimeInputs()));
              case NONE -> Passes.NONE;
            }));
  }

  @Override
  public ModelVerdict defend(DefenseContext context, Options options) {
    checkApplicable(context);
    Network network = context.suspect();
    List<ReversedTrigger> triggers = invert(context, network, options);
    double[] norms =
        triggers.stream().mapToDouble(trigger -> options.scale().of(trigger.norm())).toArray();
    MadOutliers outliers = MadOutliers.of(norms, options.median(), MadOutliers.NORMAL_CONSISTENCY);
    List<Integer> flagged = outliers.beyond(options.threshold(), MadOutliers.Side.LOW);
    network.requireGradients(true);
    TriggerRemedy remedy =
        remedy(context, network, flagged.stream().map(triggers::get).toList(), options);
    return new ModelVerdict(
        !flagged.isEmpty(),
        outliers.indexOfSmallest(),
        options.threshold(),
        flagged,
        remedy.network(),
        new NeuralCleanseEvidence(context.spec(), triggers, outliers, flagged, options)
            .with(remedy.evidence()),
        remedy.variants(),
        remedy.scores());
  }

  private static TriggerRemedy remedy(
      DefenseContext context, Network network, List<ReversedTrigger> found, Options options) {
    if (options.repair() == Repair.FILTER) {
      return new TriggerFilter(context, network, options).of(found);
    }
    if (found.isEmpty()) {
      return TriggerRemedy.NONE;
    }
    return switch (options.repair()) {
      case UNLEARNING -> new TriggerUnlearning(context, network, options).of(found);
      case PRUNING -> new TriggerPruning(context, network, options).of(found);
      default -> TriggerRemedy.NONE;
    };
  }

  private static void checkApplicable(DefenseContext context) {
    context.labelledHoldout();
    if (context.spec().classes() < 3) {
      throw new NotApplicableException(
          "neural-cleanse compares classes with one another and needs at least 3, but data set '%s'"
              + " has %d",
          context.spec().id(), context.spec().classes());
    }
  }

  private static List<ReversedTrigger> invert(
      DefenseContext context, Network network, Options options) {
    ImageDataset holdout = context.labelledHoldout();
    Seed seed = context.seed().child("inversion-images");
    try (TensorScope scope = TensorScope.open()) {
      ImageDataset some = holdout.sample(options.images(holdout.size()), seed);
      return new TriggerInversion(context, network, some, options).triggers();
    }
  }
}
