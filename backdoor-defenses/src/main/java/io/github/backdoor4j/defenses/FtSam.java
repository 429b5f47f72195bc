package io.github.backdoor4j.defenses;

import static io.github.backdoor4j.core.Checks.require;
import static io.github.backdoor4j.core.Checks.requireNonNegative;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.Passes;
import io.github.backdoor4j.core.record.Doc;
import io.github.backdoor4j.core.spi.DefenderAccess;
import io.github.backdoor4j.core.spi.DefenseContext;
import io.github.backdoor4j.core.spi.DefenseOutcome.RepairedModel;
import io.github.backdoor4j.core.spi.DefenseStrategy;
import io.github.backdoor4j.core.spi.Evidence;
import io.github.backdoor4j.core.spi.Fidelity;
import io.github.backdoor4j.core.spi.MethodCard;
import io.github.backdoor4j.core.spi.Workload;
import io.github.backdoor4j.core.train.ScheduleSpec;
import io.github.backdoor4j.core.train.TrainingHistory;
import io.github.backdoor4j.core.train.TrainingPlan;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Fine-tunes on clean images with sharpness-aware minimisation: each step follows the gradient at
 * the worst weights nearby, which shrinks the large weights of backdoor neurons that plain
 * fine-tuning leaves alone. Assumes a small clean labelled set.
 *
 * @see <a href="https://arxiv.org/abs/2304.11823">Zhu et al., Enhancing Fine-Tuning Based Backdoor
 *     Defense with Sharpness-Aware Minimization, ICCV 2023</a>
 */
public final class FtSam implements DefenseStrategy<FtSam.Options> {

  private static final double RADIUS = 2;
  private static final double SMOOTHING = 0.1;
  private static final double LARGE_RADIUS = 8; // for GTSRB and Tiny-ImageNet, without smoothing
  private static final int EPOCHS = 100;
  private static final int EPOCHS_GTSRB = 50;
  private static final int PERIOD = 100;

  /**
   * What FT-SAM can be told.
   *
   * @param rho radius ρ of the ball in which the worst weights are looked for
   * @param adaptive whether the ball is scaled by the size of each weight
   * @param smoothing share of the label's probability that goes to the other classes
   * @param gapWeight weight α with which the part of the plain gradient orthogonal to the perturbed
   *     one is subtracted
   * @param balanced whether about equally many images of each class are used
   * @param tuning training on the clean images
   * @param fidelity paper and benchmark mean the same here
   */
  public record Options(
      @Doc(
              value =
                  "radius of the ball in which the worst weights are looked for; 0 is plain"
                      + " fine-tuning (benchmark: 2 for CIFAR-10, 8 for GTSRB and Tiny-ImageNet)",
              range = "at least 0")
          double rho,
      @Doc(
              "whether the ball is scaled by the size of each weight (ASAM, as in the paper); the"
                  + " usual radii are far too large without it")
          boolean adaptive,
      @Doc(
              value = "share of the label's probability that goes to the other classes",
              range = "[0, 1)")
          double smoothing,
      @Doc(
              value =
                  "weight of the part of the plain gradient orthogonal to the perturbed one, which is"
                      + " subtracted (GSAM); 0 for none, as published",
              range = "at least 0")
          double gapWeight,
      @Doc(
              "whether about equally many images of each class are drawn from the clean holdout, as"
                  + " in the benchmark, or all of it is used")
          boolean balanced,
      @Doc(
              "training on the clean images; the published schedule is a cosine of 100 steps, not"
                  + " epochs, so that the rate falls and rises again and again")
          TrainingPlan tuning,
      @Doc(
              value = "the benchmark's authors are the paper's: both mean the same here",
              range = "paper | backdoorbench")
          Fidelity fidelity) {

    public Options {
      requireNonNegative("rho", rho);
      require(
          smoothing >= 0 && smoothing < 1, "smoothing must lie in [0, 1), but was %s", smoothing);
      requireNonNegative("gap_weight", gapWeight);
    }

    SharpnessAwareStep step(Network network) {
      return new SharpnessAwareStep(
          network,
          new SharpnessAwareStep.Ball(rho, adaptive),
          new LabelSmoothing(smoothing),
          gapWeight);
    }
  }

  @Override
  public String id() {
    return "ft-sam";
  }

  @Override
  public Options defaults(DatasetSpec data) {
    boolean gtsrb = data.id().equals("gtsrb");
    boolean large = gtsrb || data.id().equals("tiny-imagenet");
    return new Options(
        large ? LARGE_RADIUS : RADIUS,
        true,
        large ? 0 : SMOOTHING,
        0,
        true,
        Tuning.defaults(data)
            .withEpochs(gtsrb ? EPOCHS_GTSRB : EPOCHS)
            .withSchedule(new ScheduleSpec.CosinePerStep(PERIOD, 0)),
        Fidelity.PAPER);
  }

  @Override
  public MethodCard card() {
    return new MethodCard(
        "FT-SAM",
        "Fine-tunes on clean images towards weights around which the loss is flat.",
        "Zhu, Wei, Shen, Fan, Wu: Enhancing Fine-Tuning Based Backdoor Defense with"
            + " Sharpness-Aware Minimization, ICCV 2023",
        "https://arxiv.org/abs/2304.11823",
        "defender has the model and a small clean labelled set",
        "post-training repair",
        "6 · epochs · holdout/n forward passes over the training set (30 by default)",
        List.of(
            "the balanced subset is drawn from the run's clean holdout, so classes that are rare"
                + " there stay so; the benchmark draws it from the whole clean training set",
            "CIFAR-100 and data sets of one's own get CIFAR-10's constants: none were published",
            "Tiny-ImageNet is trained with the same schedule as the others; the benchmark's plateau"
                + " schedule stops with an error",
            "ρ does not follow the learning rate, which by the published constants it does not"
                + " either",
            "drop-out, where a network has it, draws anew in the second pass"));
  }

  @Override
  public Set<DefenderAccess> needs() {
    return Set.of(DefenderAccess.SUSPECT_MODEL, DefenderAccess.CLEAN_HOLDOUT);
  }

  @Override
  public Optional<Passes> expectedPasses(Options options, Workload load) {
    int images =
        options.balanced()
            ? ClassBalance.most(load.holdoutImages(), load.classes())
            : load.holdoutImages();
    return Optional.of(Tuning.passes(options.tuning(), images).times(2));
  }

  @Override
  public RepairedModel defend(DefenseContext context, Options options) {
    Network network = context.suspect();
    ImageDataset holdout = context.labelledHoldout();
    ImageDataset images =
        options.balanced()
            ? ClassBalance.subset(holdout, context.seed().child("balanced"))
            : holdout;
    TrainingHistory history =
        context
            .trainer("tuning")
            .fit(
                network,
                images,
                options.tuning(),
                options.step(network),
                context.seed().child("tuning"));
    return new RepairedModel(network, evidence(holdout, images, history));
  }

  private static Evidence evidence(
      ImageDataset holdout, ImageDataset images, TrainingHistory history) {
    Map<String, Double> numbers = new LinkedHashMap<>();
    numbers.put("holdout_images", (double) holdout.size());
    numbers.putAll(Tuning.numbers("tuning", images.size(), history));
    if (!history.epochs().isEmpty()) {
      double[] perturbed = history.curve("perturbed_loss");
      numbers.put("tuning_perturbed_loss", perturbed[perturbed.length - 1]);
    }
    return new Evidence(
        numbers,
        Tuning.figures(
            "Sharpness-aware fine-tuning on clean images",
            history,
            List.of("loss", "perturbed_loss", "accuracy")),
        Tuning.notes(history));
  }
}
