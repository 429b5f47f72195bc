package io.github.backdoor4j.attacks;

import static io.github.backdoor4j.core.Checks.require;
import static io.github.backdoor4j.core.Checks.requireAtLeast;
import static io.github.backdoor4j.core.Checks.requirePositive;
import static io.github.backdoor4j.core.Checks.requireRange;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.LabelMode;
import io.github.backdoor4j.core.data.LabelRule;
import io.github.backdoor4j.core.data.Trigger;
import io.github.backdoor4j.core.nn.Model;
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
 * Learns faint noise for each image together with the classifier that obeys it, then trains the
 * classifier on with the noise fixed. Controls the training: every image is used clean and with
 * noise.
 *
 * @see <a
 *     href="https://openaccess.thecvf.com/content/ICCV2021/html/Doan_LIRA_Learnable_Imperceptible_and_Robust_Backdoor_Attacks_ICCV_2021_paper.html">Doan
 *     et al., LIRA, 2021</a>
 */
public final class Lira implements PoisoningStrategy<Lira.Options> {

  private static final int MAX_ROTATION = 180;

  /** Which network makes the noise. */
  public enum Generator {
    /** Eight strided convolutions, 0.35 million parameters for three channels. */
    AUTOENCODER,
    /** A U-shaped network, 7.8 million parameters. */
    UNET;

    Model create(int channels) {
      return this == AUTOENCODER ? new Autoencoder(channels) : new UNetA(channels);
    }
  }

  /** Whose classifier is the outcome. */
  public enum Saved {
    /** That of the first stage, in which noise and classifier still move; there is no second. */
    STAGE1,
    /** That of the second stage, which was trained on with the noise fixed. */
    STAGE2
  }

  /**
   * Options of LIRA.
   *
   * @param target class that triggered images shall be given
   * @param labels all-to-one, or all-to-all, which ignores {@code target}
   * @param generator of the noise
   * @param epsilon size of the noise in training
   * @param testEpsilon size of the noise in use
   * @param alpha weight of clean images
   * @param generatorRate learning rate of the generator
   * @param firstStage share of the victim's epochs
   * @param saved whose classifier is the outcome
   * @param clearGradients whether the classifier follows its own loss alone
   * @param cropPadding random crops during training
   * @param rotation random rotations during training
   * @param fidelity whose augmentation, recipes, limits and rounding
   */
  public record Options(
      @Doc(value = "class that triggered images shall be given", range = "0 to classes - 1")
          int target,
      @Doc(
              value =
                  "what happens to labels; all-to-all makes class y to y + 1 and ignores target",
              range = "all-to-one | all-to-all")
          LabelMode labels,
      @Doc(value = "network that makes the noise", range = "autoencoder | unet")
          Generator generator,
      @Doc(
              value =
                  "largest noise in training, in units of normalised images: 0.1 is about six grey"
                      + " levels on CIFAR-10; the benchmark has 0.01, less than one",
              range = "greater than 0")
          double epsilon,
      @Doc(
              value = "largest noise on images that the model is to misclassify in use, as epsilon",
              range = "greater than 0")
          double testEpsilon,
      @Doc(
              value = "weight of the loss on clean images; the rest is on noisy ones",
              range = "0 to 1")
          double alpha,
      @Doc(value = "learning rate of the noise generator (Adam)", range = "greater than 0")
          double generatorRate,
      @Doc(
              value = "share of the victim's epochs in which the noise is learnt",
              range = "greater than 0, less than 1")
          double firstStage,
      @Doc(
              value =
                  "stage2: the classifier that was trained on with the noise fixed; stage1: the one"
                      + " before, which the benchmark saves",
              range = "stage1 | stage2")
          Saved saved,
      @Doc(
              value =
                  "whether the classifier follows its own loss alone; the benchmark adds the"
                      + " generator's, whose gradients it forgets to clear",
              range = "true | false")
          boolean clearGradients,
      @Doc(value = "padding of the random crop, in pixels; 0 for none", range = "at least 0")
          int cropPadding,
      @Doc(value = "largest random rotation, in degrees; 0 for none", range = "0 to 180")
          int rotation,
      @Doc(
              value =
                  "paper: augmentation drawn per image, the victim's own recipe, colours clipped"
                      + " per channel, test images rounded; backdoorbench: drawn per batch, fixed"
                      + " recipes, one range for all channels, test images truncated",
              range = "paper | backdoorbench")
          Fidelity fidelity) {

    public Options {
      requireAtLeast("target", target, 0);
      requirePositive("epsilon", epsilon);
      requirePositive("test_epsilon", testEpsilon);
      requireRange("alpha", alpha, 0, 1);
      requirePositive("generator_rate", generatorRate);
      require(
          firstStage > 0 && firstStage < 1,
          "first_stage must lie in (0, 1), but was %s",
          firstStage);
      requireAtLeast("crop_padding", cropPadding, 0);
      requireRange("rotation", rotation, 0, MAX_ROTATION);
    }

    boolean benchmark() {
      return fidelity == Fidelity.BACKDOORBENCH;
    }

    NoiseTrigger trigger(Model noise, DatasetSpec data) {
      return new NoiseTrigger(
          noise,
          testEpsilon,
          benchmark() ? PixelRange.benchmark(data) : PixelRange.of(data.normalization()),
          data.normalization(),
          benchmark());
    }
  }

  @Override
  public String id() {
    return "lira";
  }

  @Override
  public Options defaults(DatasetSpec data) {
    return new Options(
        0,
        LabelMode.ALL_TO_ONE,
        Generator.AUTOENCODER,
        0.1,
        0.1,
        0.5,
        1e-4,
        0.5,
        Saved.STAGE2,
        true,
        5,
        10,
        Fidelity.PAPER);
  }

  @Override
  public MethodCard card() {
    return new MethodCard(
        "LIRA",
        "Learns faint noise for each image together with the classifier that obeys it.",
        "Doan, Lao, Zhao, Li: LIRA: Learnable, Imperceptible and Robust Backdoor Attacks. ICCV 2021",
        "https://openaccess.thecvf.com/content/ICCV2021/html/Doan_LIRA_Learnable_Imperceptible_and_Robust_Backdoor_Attacks_ICCV_2021_paper.html",
        "the attacker trains the model",
        "training control",
        "three passes of the victim per image in the first half of its epochs, two in the second,"
            + " besides those of the generator",
        List.of(
            "epsilon is 0.1, as the authors' instructions have it for the first stage, in use too."
                + " The benchmark's 0.01 is less than one grey level on CIFAR-10 and hardly survives"
                + " in images of 8 bits; the authors test on numbers that were never stored.",
            "The epochs are the victim's, half of them in each stage; the paper trains for"
                + " hundreds. The second stage follows the victim's schedule, compressed.",
            "The benchmark saves the classifier of the first stage; here it is that of the second,"
                + " unless 'saved' says otherwise.",
            "Clean and noisy images pass the classifier together; in the benchmark they pass one after"
                + " the other, and the statistics of batch normalisation fit neither.",
            "There is no poisoned training set: every image is trained with and without noise."));
  }

  @Override
  public AttackOutcome attack(AttackContext context, Options options) {
    LabelRule rule = options.labels().rule(options.target());
    rule.check(context.spec().classes());
    int channels = context.spec().shape().channels();
    Model learning = options.generator().create(channels);
    learning.initialize(context.seed().child("generator-weights")).to(context.device());
    Model frozen = options.generator().create(channels);
    frozen.load(learning.state()).to(context.device());
    frozen.requireGradients(false);
    NoiseTrigger trigger = options.trigger(frozen, context.spec());
    Network model = context.newVictim();
    TrainingHistory history =
        new LiraStages(context, options, rule, model, trigger).train(learning);
    return new AttackOutcome(model, Optional.empty(), trigger, rule, history);
  }

  @Override
  public Trigger restore(DatasetSpec data, Options options, Map<String, Tensor> state) {
    Model noise = options.generator().create(data.shape().channels());
    noise.load(state);
    return options.trigger(noise, data);
  }
}
