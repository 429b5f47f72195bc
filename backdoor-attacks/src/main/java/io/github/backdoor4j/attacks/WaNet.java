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
import java.util.Optional;

/**
 * Bends images by a smooth warp that people do not notice. Controls the training: part of each
 * batch is warped and relabelled, another part is warped with noise on top and keeps its labels, so
 * that the model learns this warp and no other.
 *
 * @see <a href="https://arxiv.org/abs/2102.10369">Nguyen, Tran, WaNet, 2021</a>
 */
public final class WaNet implements PoisoningStrategy<WaNet.Options> {

  private static final int MAX_ROTATION = 180;

  /**
   * Options of WaNet.
   *
   * @param ratio share of each batch that is warped and relabelled
   * @param crossRatio images with a noisy warp and their own label, per relabelled one
   * @param target class that triggered images shall be given
   * @param labels all-to-one, or all-to-all, which ignores {@code target}
   * @param strength of the warp
   * @param gridSize control points of the warp along each side
   * @param gridRescale factor on the sampling grid
   * @param cropPadding random crops during training
   * @param rotation random rotations during training
   * @param fidelity whose augmentation, schedule and rounding
   */
  public record Options(
      @Doc(value = "share of each batch that is warped and relabelled", range = "(0, 1]")
          double ratio,
      @Doc(
              value = "images with a noisy warp and their own label, per relabelled image",
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
                  "strength of the warp: it moves pixels by strength/2 pixels on average, along each"
                      + " axis and at any image size",
              range = "greater than 0")
          double strength,
      @Doc(value = "control points of the warp along each side", range = "at least 2") int gridSize,
      @Doc(
              value = "factor on the sampling grid; below 1 keeps it inside the image",
              range = "greater than 0")
          double gridRescale,
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
                      + " test images rounded; backdoorbench: drawn per batch, constant rate up to"
                      + " epoch 100, test images truncated",
              range = "paper | backdoorbench")
          Fidelity fidelity) {

    public Options {
      requireRatio("ratio", ratio);
      requireNonNegative("cross_ratio", crossRatio);
      requireAtLeast("target", target, 0);
      requirePositive("strength", strength);
      requireAtLeast("grid_size", gridSize, 2);
      requirePositive("grid_rescale", gridRescale);
      requireAtLeast("crop_padding", cropPadding, 0);
      requireRange("rotation", rotation, 0, MAX_ROTATION);
    }

    boolean benchmark() {
      return fidelity == Fidelity.BACKDOORBENCH;
    }
  }

  @Override
  public String id() {
    return "wanet";
  }

  @Override
  public Options defaults(DatasetSpec data) {
    return new Options(0.1, 2, 0, LabelMode.ALL_TO_ONE, 0.5, 4, 1, 5, 10, Fidelity.PAPER);
  }

  @Override
  public MethodCard card() {
    return new MethodCard(
        "WaNet",
        "Bends images by a smooth warp, and trains the model to obey this warp and no other.",
        "Nguyen, Tran: WaNet - Imperceptible Warping-based Backdoor Attack. ICLR 2021",
        "https://arxiv.org/abs/2102.10369",
        "the attacker trains the model",
        "training control",
        "the victim's epochs; warps and augmentation add a few percent to each",
        List.of(
            "The paper trains for 1,000 epochs; here the victim's plan decides, so a low strength"
                + " may not be learnt in few epochs.",
            "Rotation interpolates bilinearly under 'paper' (the default of the library that the"
                + " authors use, unverified) and takes the nearest pixel under 'backdoorbench'.",
            "The poisoned training set is made again after training, by seed: during training,"
                + " every epoch poisons other images. Only relabelled images are marked poisoned;"
                + " the benchmark marks those with a noisy warp too.",
            "On images that are not square each direction is scaled by its own side."));
  }

  @Override
  public Optional<Trigger> trigger(AttackContext context, Options options) {
    return Optional.of(warpTrigger(context, options));
  }

  private static WarpTrigger warpTrigger(AttackContext context, Options options) {
    return new WarpTrigger(
        warp(context, options), context.spec().normalization(), options.benchmark());
  }

  private static Warp warp(AttackContext context, Options options) {
    return Warp.draw(
        context.seed().child("warp"),
        options.gridSize(),
        options.strength(),
        options.gridRescale());
  }

  @Override
  public AttackOutcome attack(AttackContext context, Options options) {
    LabelRule rule = options.labels().rule(options.target());
    WarpTrigger trigger = warpTrigger(context, options);
    PoisonedDataset poisoned =
        context.poison(new PoisonRecipe(trigger, rule, PoisonRate.ofDataset(options.ratio())));
    Network model = context.newVictim();
    WaNetStep step = new WaNetStep(model, context.spec(), options, trigger.warp(), rule);
    TrainingHistory history =
        context
            .victimTrainer(trigger, rule)
            .fit(
                model,
                context.training(),
                ControlledTraining.plan(context, options.benchmark()),
                step,
                context.seed().child("training"));
    return new AttackOutcome(model, Optional.of(poisoned), trigger, rule, history);
  }
}
