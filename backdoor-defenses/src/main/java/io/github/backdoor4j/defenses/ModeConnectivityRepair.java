package io.github.backdoor4j.defenses;

import static io.github.backdoor4j.core.Checks.require;
import static io.github.backdoor4j.core.Checks.requireAtLeast;
import static io.github.backdoor4j.core.Checks.requirePositive;
import static io.github.backdoor4j.core.Checks.requireRange;
import static io.github.backdoor4j.core.Checks.requireRatio;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.Passes;
import io.github.backdoor4j.core.record.Doc;
import io.github.backdoor4j.core.spi.DefenderAccess;
import io.github.backdoor4j.core.spi.DefenseContext;
import io.github.backdoor4j.core.spi.DefenseOutcome.RepairedModel;
import io.github.backdoor4j.core.spi.DefenseStrategy;
import io.github.backdoor4j.core.spi.Fidelity;
import io.github.backdoor4j.core.spi.MethodCard;
import io.github.backdoor4j.core.spi.Selection;
import io.github.backdoor4j.core.spi.Variants;
import io.github.backdoor4j.core.spi.Workload;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.train.ScheduleSpec;
import io.github.backdoor4j.core.train.TrainingHistory;
import io.github.backdoor4j.core.train.TrainingPlan;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;

/**
 * Connects the suspect with a fine-tuned copy of it by a curve in weight space along which clean
 * images keep a low loss, and returns a model from within that curve: attacks live at its ends.
 * Assumes a small clean labelled set.
 *
 * <p>{@link Fidelity#PAPER}: each step follows the gradient of its own batch, running statistics
 * are estimated anew. {@link Fidelity#BACKDOORBENCH}: each step follows the sum of all gradients
 * since the start, and running statistics only move on from where the training left them.
 *
 * @see <a href="https://arxiv.org/abs/2005.00060">Zhao et al., Bridging Mode Connectivity in Loss
 *     Landscapes and Adversarial Robustness, ICLR 2020</a>
 */
public final class ModeConnectivityRepair
    implements DefenseStrategy<ModeConnectivityRepair.Options> {

  private static final int BATCH = 128;

  /** The benchmark's 3e-5 for sums of gradients over the 0.01 it takes for plain ones. */
  private static final double SUMMED_GRADIENTS = 0.003;

  /**
   * What MCR can be told.
   *
   * @param endpoint fine-tuning that makes the curve's other end
   * @param bend training of the curve
   * @param shape kind of curve
   * @param t where on the curve the model is taken, from the suspect at 0 to the other end at 1
   * @param selection by what t is chosen
   * @param maxAccuracyDrop relative loss of clean accuracy at which a point is refused
   * @param keptBack share of the holdout on which accuracy is measured for the choice
   * @param points of the curve at which models are looked at
   * @param fidelity whom to follow where paper and benchmark differ
   */
  public record Options(
      @Doc("fine-tuning on the clean holdout that makes the curve's other end")
          TrainingPlan endpoint,
      @Doc(
              "training of the curve's bend on the clean holdout; with fidelity backdoorbench at"
                  + " 0.003 of this learning rate, since gradients add up")
          TrainingPlan bend,
      @Doc(value = "kind of curve", range = "bezier | polychain") CurveShape shape,
      @Doc(
              value =
                  "where on the curve the model is taken: 0 is the suspect, 1 the fine-tuned end"
                      + " (benchmark: 0.1)",
              range = "[0, 1]")
          double t,
      @Doc(
              value =
                  "by what the point is chosen: fixed takes t; clean-holdout goes as far from the suspect"
                      + " as accuracy on kept-back images allows, short of the fine-tuned end;"
                      + " oracle looks at test data along the whole curve",
              range = "fixed | clean-holdout | oracle")
          Selection selection,
      @Doc(
              value =
                  "relative loss of clean accuracy at which a point is refused; not used if fixed",
              range = "(0, 1]")
          double maxAccuracyDrop,
      @Doc(
              value = "share of the holdout kept back to choose on; used by clean-holdout only",
              range = "(0, 1)")
          double keptBack,
      @Doc(
              value =
                  "points at equal distances, both ends included, at which models are looked at",
              range = "at least 2")
          int points,
      @Doc(
              value =
                  "paper: each step follows its own gradient, running statistics are estimated anew;"
                      + " backdoorbench: gradients add up over all steps, at a lower rate; running"
                      + " statistics move on",
              range = "paper | backdoorbench")
          Fidelity fidelity) {

    public Options {
      requireRange("t", t, 0, 1);
      requireRatio("max_accuracy_drop", maxAccuracyDrop);
      requirePositive("kept_back", keptBack);
      require(keptBack < 1, "kept_back must lie in (0, 1), but was %s", keptBack);
      requireAtLeast("points", points, 2);
    }

    /** The bend's training at the rate that summed gradients can bear. */
    TrainingPlan bendPlan() {
      double rate = bend.optimizer().learningRate() * SUMMED_GRADIENTS;
      return fidelity == Fidelity.BACKDOORBENCH
          ? bend.withOptimizer(bend.optimizer().withLearningRate(rate))
          : bend;
    }
  }

  @Override
  public String id() {
    return "mcr";
  }

  @Override
  public Options defaults(DatasetSpec data) {
    TrainingPlan plan = Tuning.defaults(data).withBatchSize(BATCH);
    int epochs = plan.epochs();
    return new Options(
        plan,
        plan.withSchedule(new ScheduleSpec.LinearDecay(epochs / 2, epochs * 9 / 10, 0.01)),
        CurveShape.BEZIER,
        0.1,
        Selection.FIXED,
        0.1,
        0.2,
        11,
        Fidelity.PAPER);
  }

  @Override
  public MethodCard card() {
    return new MethodCard(
        "Mode Connectivity Repair (MCR)",
        "Takes a model from within a curve of low clean loss between the model and a fine-tuned"
            + " copy.",
        "Zhao, Chen, Das, Ramamurthy, Lin: Bridging Mode Connectivity in Loss Landscapes and"
            + " Adversarial Robustness, ICLR 2020",
        "https://arxiv.org/abs/2005.00060",
        "defender has the model and a small clean labelled set",
        "post-training repair",
        "3 · (endpoint epochs + bend epochs) · holdout/n forward passes over the training set (30 by"
            + " default), and two passes over the holdout per point looked at",
        List.of(
            "the other end is the suspect fine-tuned on the holdout, as in BackdoorBench; the paper"
                + " connects models of different trainings, possibly both tampered",
            "one bend; curves of more control points are not implemented",
            "learning rate 0.01, batches of 128 and 100 epochs are the benchmark's for the endpoint"
                + " and ours for the bend; the schedule of the bend is that of the authors' code",
            "weight decay acts on the bend, as in the benchmark, not on the mixed weights",
            "t = 0.1 is the benchmark's; that near, little of the backdoor may be gone. The choice of"
                + " t on kept-back images is ours",
            "the benchmark trains on one draw of clean images and looks at another; here it is one",
            "32-bit training where the benchmark uses 16-bit automatic mixed precision"));
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
    int holdout = load.holdoutImages();
    boolean splits = options.selection() == Selection.CLEAN_HOLDOUT;
    int judged = splits ? (int) (holdout * options.keptBack()) : holdout;
    int used = splits ? holdout - judged : holdout;
    List<Double> grid = CurveModels.grid(options.points(), options.t());
    int tried =
        switch (options.selection()) {
          case FIXED -> 0;
          case CLEAN_HOLDOUT -> CurveModels.beforeTheEnd(grid);
          case ORACLE -> grid.size();
        };
    double looks = (double) (grid.size() + (splits ? tried : 0)) * judged;
    double refreshes = (double) (grid.size() + tried + 1) * used;
    return Optional.of(
        Tuning.passes(options.endpoint(), used)
            .plus(Tuning.passes(options.bend(), used))
            .plus(Passes.forward(looks + refreshes)));
  }

  @Override
  public RepairedModel defend(DefenseContext context, Options options) {
    Network network = context.suspect();
    KeptBack images = KeptBack.of(context, options.selection(), options.keptBack());
    Map<String, Tensor> start = WeightSpace.detached(network.parameters());
    Network tuned = network.copy();
    TrainingHistory endpoint =
        context
            .trainer("endpoint")
            .fit(tuned, images.used(), options.endpoint(), context.seed().child("endpoint"));
    WeightCurve curve =
        WeightCurve.straight(options.shape(), start, WeightSpace.detached(tuned.parameters()));
    BendTraining training = new BendTraining(network, curve, options.fidelity());
    TrainingHistory bend =
        context
            .trainer("bend")
            .fit(
                training,
                images.used(),
                options.bendPlan(),
                training,
                context.seed().child("bend"));
    CurveModels models =
        new CurveModels(curve, network, statistics(context, images, options), options.fidelity());
    return repaired(context, options, images, models, new CurveEvidence(endpoint, bend));
  }

  private static RunningStatistics statistics(
      DefenseContext context, KeptBack images, Options options) {
    return new RunningStatistics(
        images.used(),
        options.bend().batchSize(),
        options.bend().augmentation(),
        context.seed().child("statistics"));
  }

  private static RepairedModel repaired(
      DefenseContext context,
      Options options,
      KeptBack images,
      CurveModels models,
      CurveEvidence evidence) {
    List<Double> grid = CurveModels.grid(options.points(), options.t());
    int chosen = choose(context, options, images.judged(), models, grid);
    return new RepairedModel(
        models.at(grid.get(chosen)),
        evidence.of(
            options, images, models, grid, chosen, models.scores(context, grid, images.judged())),
        Optional.of(new Variants("t on the curve", grid, chosen, i -> models.at(grid.get(i)))));
  }

  private static int choose(
      DefenseContext context,
      Options options,
      ImageDataset judged,
      CurveModels models,
      List<Double> grid) {
    boolean oracle = options.selection() == Selection.ORACLE;
    try (TensorScope scope = TensorScope.open()) {
      return SettingChoice.of(
              context,
              options.selection(),
              options.maxAccuracyDrop(),
              grid.indexOf(options.t()),
              judged,
              oracle ? grid.size() : CurveModels.beforeTheEnd(grid),
              i -> models.at(grid.get(i)))
          .setting();
    }
  }
}
