package io.github.backdoor4j.attacks;

import static io.github.backdoor4j.core.Checks.requireAtLeast;
import static io.github.backdoor4j.core.Checks.requireNonNegative;
import static io.github.backdoor4j.core.Checks.requirePositive;
import static io.github.backdoor4j.core.Checks.requireRange;
import static io.github.backdoor4j.core.Checks.requireRatio;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.LabelMode;
import io.github.backdoor4j.core.data.LabelRule;
import io.github.backdoor4j.core.data.PoisonRate;
import io.github.backdoor4j.core.data.PoisonRecipe;
import io.github.backdoor4j.core.data.PoisonedDataset;
import io.github.backdoor4j.core.data.Trigger;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.record.Doc;
import io.github.backdoor4j.core.spi.AttackContext;
import io.github.backdoor4j.core.spi.AttackOutcome;
import io.github.backdoor4j.core.spi.Fidelity;
import io.github.backdoor4j.core.spi.MethodCard;
import io.github.backdoor4j.core.spi.PoisoningStrategy;
import io.github.backdoor4j.core.train.TrainingHistory;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * Gives every image a trigger of its own, made by a network. Controls the training: part of each
 * batch carries its own trigger and is relabelled, another part carries the trigger of another
 * image and keeps its labels, so that no trigger works on another image.
 *
 * @see <a href="https://arxiv.org/abs/2010.08138">Nguyen, Tran, Input-Aware, 2020</a>
 */
public final class InputAware implements PoisoningStrategy<InputAware.Options> {

  private static final double GENERATOR_RATE = 0.01;

  /**
   * Options of Input-aware.
   *
   * @param ratio share of each batch that carries its own trigger and is relabelled
   * @param crossRatio images with another's trigger and their own label, per relabelled one
   * @param target class that triggered images shall be given
   * @param labels all-to-one, or all-to-all, which ignores {@code target}
   * @param maskEpochs epochs of the mask network alone
   * @param density of the mask
   * @param sparsity weight of the density
   * @param diversity weight of the differences between triggers
   * @param generatorRate learning rate of both generators
   * @param width of the generators
   * @param fidelity whose output map, gradients, schedules and rounding
   */
  public record Options(
      @Doc(
              value = "share of each batch that carries its own trigger and is relabelled",
              range = "(0, 1]")
          double ratio,
      @Doc(
              value = "images with another's trigger and their own label, per relabelled image",
              range = "at least 0")
          double crossRatio,
      @Doc(value = "class that triggered images shall be given", range = "0 to classes - 1")
          int target,
      @Doc(
              value =
                  "what happens to labels; all-to-all makes class y to y + 1 and ignores target",
              range = "all-to-one | all-to-all")
          LabelMode labels,
      @Doc(
              value =
                  "epochs that the mask network learns alone; 0 for a quarter of the victim's, as 25"
                      + " of 100 in the benchmark",
              range = "at least 0")
          int maskEpochs,
      @Doc(value = "share of the image that the mask may cover free of charge", range = "0 to 1")
          double density,
      @Doc(value = "weight of what the mask covers beyond density", range = "at least 0")
          double sparsity,
      @Doc(value = "weight of the differences between triggers", range = "at least 0")
          double diversity,
      @Doc(value = "learning rate of both generators at the start (Adam)", range = "greater than 0")
          double generatorRate,
      @Doc(
              value =
                  "channels of the generators' first stage; they cost more than a small victim, by"
                      + " the square of this",
              range = "at least 1")
          int width,
      @Doc(
              value =
                  "paper: patterns reach black and white, generators follow the gradient of each"
                      + " batch and the victim's learning-rate schedule, test images rounded;"
                      + " backdoorbench: tanh twice, gradients summed over all batches, fixed"
                      + " schedules, mask epochs taken off the victim's, test images truncated",
              range = "paper | backdoorbench")
          Fidelity fidelity) {

    public Options {
      requireRatio("ratio", ratio);
      requireNonNegative("cross_ratio", crossRatio);
      requireAtLeast("target", target, 0);
      requireAtLeast("mask_epochs", maskEpochs, 0);
      requireRange("density", density, 0, 1);
      requireNonNegative("sparsity", sparsity);
      requireNonNegative("diversity", diversity);
      requirePositive("generator_rate", generatorRate);
      requireAtLeast("width", width, 1);
    }

    boolean benchmark() {
      return fidelity == Fidelity.BACKDOORBENCH;
    }

    PatternGenerator patternGenerator(DatasetSpec data) {
      int channels = data.shape().channels();
      return new PatternGenerator(channels, channels, width, benchmark());
    }

    PatternGenerator maskGenerator(DatasetSpec data) {
      return new PatternGenerator(data.shape().channels(), 1, width, benchmark());
    }

    /** Epochs of the first phase, where the victim trains for some. */
    int maskEpochs(int victimEpochs) {
      return maskEpochs > 0 ? maskEpochs : (int) Math.max(1, Math.rint(victimEpochs / 4.0));
    }
  }

  @Override
  public String id() {
    return "input-aware";
  }

  @Override
  public Options defaults(DatasetSpec data) {
    return new Options(
        0.1, 1, 0, LabelMode.ALL_TO_ONE, 0, 0.032, 100, 1, GENERATOR_RATE, 32, Fidelity.PAPER);
  }

  @Override
  public MethodCard card() {
    return new MethodCard(
        "Input-aware",
        "Two networks make a trigger for each image, which works on that image alone.",
        "Nguyen, Tran: Input-Aware Dynamic Backdoor Attack. NeurIPS 2020",
        "https://arxiv.org/abs/2010.08138",
        "the attacker trains the model",
        "training control",
        "the victim's epochs, plus two passes of a generator per image and mask epoch and 0.4 per"
            + " image and epoch; the generators of width 32 cost about 80 million multiplications"
            + " per image of 32 pixels",
        List.of(
            "The mask network learns for a quarter of the victim's epochs (25 of 100 in the"
                + " benchmark; the paper trains 25 of several hundred), with its two learning-rate"
                + " drops at 40 and 80 % of them. The victim then trains for its whole plan;"
                + " the benchmark takes the mask epochs off.",
            "Under 'paper' the generator's gradients are cleared after each batch and its rate"
                + " follows the victim's schedule; the authors' program sums gradients over all"
                + " batches and drops the rate after 200 epochs.",
            "The poisoned training set is made after training, by seed: during training, every"
                + " epoch poisons other images with the patterns of the time. Only relabelled images"
                + " are marked poisoned; the benchmark marks cross images too.",
            "All data sets get generators of three stages; the paper has two for digits."));
  }

  @Override
  public AttackOutcome attack(AttackContext context, Options options) {
    LabelRule rule = options.labels().rule(options.target());
    PoisonRate rate = PoisonRate.ofDataset(options.ratio());
    context.checkPoisonable(rule, rate);
    PatternGenerator mask = InputAwarePhases.mask(context, options);
    PatternGenerator pattern = options.patternGenerator(context.spec());
    pattern.initialize(context.seed().child("pattern-weights")).to(context.device());
    MaskedPatternTrigger trigger =
        new MaskedPatternTrigger(
            pattern, mask, context.spec().normalization(), options.benchmark());
    Network model = context.newVictim();
    TrainingHistory history = InputAwarePhases.victim(context, options, rule, model, trigger);
    PoisonedDataset poisoned = context.poison(new PoisonRecipe(trigger, rule, rate));
    return new AttackOutcome(model, Optional.of(poisoned), trigger, rule, history);
  }

  @Override
  public Trigger restore(DatasetSpec data, Options options, Map<String, Tensor> state) {
    PatternGenerator pattern = options.patternGenerator(data);
    pattern.load(MaskedPatternTrigger.part("pattern", state));
    PatternGenerator mask = options.maskGenerator(data);
    mask.load(MaskedPatternTrigger.part("mask", state));
    return new MaskedPatternTrigger(pattern, mask, data.normalization(), options.benchmark());
  }
}
