package io.github.backdoor4j.attacks;

import static io.github.backdoor4j.core.Checks.requireAtLeast;
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
import java.util.Optional;

/**
 * Squeezes the colours of images to few levels. Controls the training: part of each batch is
 * squeezed and relabelled, another part gets the traces that squeezing left on other images and
 * keeps its labels, so that the model learns squeezing itself.
 *
 * @see <a href="https://arxiv.org/abs/2205.13383">Wang, Zhai, Ma, BppAttack, 2022</a>
 */
public final class Bpp implements PoisoningStrategy<Bpp.Options> {

  private static final int MAX_ROTATION = 180;
  private static final int GREY_LEVELS = 256;

  /**
   * Options of BppAttack.
   *
   * @param ratio share of each batch that is squeezed and relabelled
   * @param negativeRatio share of each batch that gets traces of others and keeps its labels
   * @param target class that triggered images shall be given
   * @param labels all-to-one, or all-to-all, which ignores {@code target}
   * @param levels per colour
   * @param dithering whether rounding errors are spread over neighbours
   * @param cropPadding random crops during training
   * @param rotation random rotations during training
   * @param fidelity whose augmentation, schedule and rounding
   */
  public record Options(
      @Doc(value = "share of each batch that is squeezed and relabelled", range = "(0, 1]")
          double ratio,
      @Doc(
              value =
                  "share of each batch that gets the traces of squeezing from other images and keeps"
                      + " its label, whatever the ratio",
              range = "0 to 1")
          double negativeRatio,
      @Doc(value = "class that triggered images shall be given", range = "0 to classes - 1")
          int target,
      @Doc(
              value =
                  "what happens to labels; all-to-all makes class y to y + 1 and ignores target",
              range = "all-to-one | all-to-all")
          LabelMode labels,
      @Doc(
              value = "levels that each colour is squeezed to; a depth of d bits has 2^d",
              range = "2 to 256")
          int levels,
      @Doc(
              value = "whether rounding errors are spread over neighbours (Floyd and Steinberg)",
              range = "true | false")
          boolean dithering,
      @Doc(
              value = "padding of the random crop of 80 % of the batches, in pixels; 0 for none",
              range = "at least 0")
          int cropPadding,
      @Doc(
              value = "largest random rotation of 50 % of the batches, in degrees; 0 for none",
              range = "0 to 180")
          int rotation,
      @Doc(
              value =
                  "paper: augmentation drawn per image, the victim's own learning-rate schedule,"
                      + " exact traces, test images rounded; backdoorbench: drawn per batch,"
                      + " constant rate up to epoch 100, traces between stored images, test images"
                      + " truncated",
              range = "paper | backdoorbench")
          Fidelity fidelity) {

    public Options {
      requireRatio("ratio", ratio);
      requireRange("negative_ratio", negativeRatio, 0, 1);
      requireAtLeast("target", target, 0);
      requireRange("levels", levels, 2, GREY_LEVELS);
      requireAtLeast("crop_padding", cropPadding, 0);
      requireRange("rotation", rotation, 0, MAX_ROTATION);
    }

    boolean benchmark() {
      return fidelity == Fidelity.BACKDOORBENCH;
    }

    Quantizer quantizer() {
      return new Quantizer(levels, dithering);
    }
  }

  @Override
  public String id() {
    return "bpp";
  }

  @Override
  public Options defaults(DatasetSpec data) {
    return new Options(0.1, 0.1, 0, LabelMode.ALL_TO_ONE, 8, false, 5, 10, Fidelity.PAPER);
  }

  @Override
  public MethodCard card() {
    return new MethodCard(
        "BppAttack",
        "Squeezes colours to few levels, and trains the model to obey squeezing and not its traces.",
        "Wang, Zhai, Ma: BppAttack: Stealthy and Efficient Trojan Attacks against Deep Neural"
            + " Networks via Image Quantization and Contrastive Adversarial Learning. CVPR 2022",
        "https://arxiv.org/abs/2205.13383",
        "the attacker trains the model",
        "training control",
        "the victim's epochs; squeezing and augmentation add a few percent to each",
        List.of(
            "The authors' program poisons 20 % of each batch and disturbs another 20 %, for 1,000"
                + " epochs; here it is the benchmark's 10 % each, and the victim's plan decides on"
                + " the epochs.",
            "The paper states a depth in bits and dithers; as in the programs, 'levels' counts the"
                + " levels themselves and dithering is off by default.",
            "Whose traces a disturbed image gets is drawn independently; the programs allow each"
                + " training image five times a batch.",
            "Rotation interpolates bilinearly under 'paper' (the default of the library that the"
                + " authors use, unverified) and takes the nearest pixel under 'backdoorbench'.",
            "The poisoned training set is made again after training, by seed: during training,"
                + " every epoch poisons other images. Only relabelled images are marked poisoned;"
                + " the benchmark marks disturbed ones too."));
  }

  @Override
  public Optional<Trigger> trigger(AttackContext context, Options options) {
    return Optional.of(squeezing(options));
  }

  private static QuantizeTrigger squeezing(Options options) {
    return new QuantizeTrigger(options.quantizer(), options.benchmark());
  }

  @Override
  public AttackOutcome attack(AttackContext context, Options options) {
    LabelRule rule = options.labels().rule(options.target());
    QuantizeTrigger trigger = squeezing(options);
    PoisonedDataset poisoned =
        context.poison(new PoisonRecipe(trigger, rule, PoisonRate.ofDataset(options.ratio())));
    Network model = context.newVictim();
    TrainingHistory history =
        context
            .victimTrainer(trigger, rule)
            .fit(
                model,
                context.training(),
                ControlledTraining.plan(context, options.benchmark()),
                new BppStep(model, context.training(), options, rule),
                context.seed().child("training"));
    return new AttackOutcome(model, Optional.of(poisoned), trigger, rule, history);
  }
}
