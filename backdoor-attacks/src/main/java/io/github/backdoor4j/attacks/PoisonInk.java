package io.github.backdoor4j.attacks;

import static io.github.backdoor4j.core.Checks.require;
import static io.github.backdoor4j.core.Checks.requireAtLeast;
import static io.github.backdoor4j.core.Checks.requirePositive;
import static io.github.backdoor4j.core.Checks.requireRange;
import static io.github.backdoor4j.core.Checks.requireRatio;

import io.github.backdoor4j.core.data.Augmentation;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageDataset;
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
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.train.BatchStream;
import io.github.backdoor4j.core.train.TrainingHistory;
import io.github.backdoor4j.core.train.TrainingPlan;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * Puts invisible ink on the edges of images by a learnt network, and gives the victim a second
 * stream of such images beside the clean ones.
 *
 * @see <a href="https://arxiv.org/abs/2108.02488">Zhang et al., Poison Ink, 2022</a>
 */
public final class PoisonInk implements PoisoningStrategy<PoisonInk.Options> {

  private static final int COLOURS = 3;
  private static final int MAX_LEVEL = 255;
  private static final int MAX_ROTATION = 180;

  /**
   * Options of Poison Ink.
   *
   * @param ratio share of the training set to poison
   * @param target class that triggered images shall be given
   * @param labels all-to-one, or all-to-all, which ignores {@code target}
   * @param sources classes whose images are poisoned
   * @param ink colour
   * @param edgeThreshold from which strength on an edge takes ink
   * @param width of the networks
   * @param stageEpochs of each of the three stages of their training
   * @param adversarialEpochs of the fourth
   * @param learningRate of their training
   * @param rotation that ink shall survive
   * @param generatorSeed of their training
   * @param secondBatch images of the second stream in a step
   * @param fidelity what the second stream holds, and rounding
   */
  public record Options(
      @Doc(value = "share of the training set to poison", range = "(0, 1]") double ratio,
      @Doc(value = "class that triggered images shall be given", range = "0 to classes - 1")
          int target,
      @Doc(
              value =
                  "what happens to labels; all-to-all makes class y to y + 1 and ignores target",
              range = "all-to-one | all-to-all")
          LabelMode labels,
      @Doc(
              value = "classes whose images are poisoned, all-to-one only; empty for all classes",
              range = "class numbers")
          List<Integer> sources,
      @Doc(
              value = "colour of the ink: red, green and blue; grey images take its luminance",
              range = "three numbers from 0 to 255")
          List<Integer> ink,
      @Doc(
              value =
                  "strength from which on an edge takes ink, in grey levels; a step of d grey levels"
                      + " has the strength 0.71 d",
              range = "at least 0")
          double edgeThreshold,
      @Doc(
              value =
                  "channels of the first level of the injection network, and half those of the"
                      + " extractor; 64 in the paper, which takes days on a processor",
              range = "at least 1")
          int width,
      @Doc(
              value =
                  "epochs of each of three stages of the networks' training: rotation, with"
                      + " crops, with flips",
              range = "at least 0")
          int stageEpochs,
      @Doc(
              value =
                  "epochs of a fourth stage against a critic; 0 for none, as in the benchmark, which"
                      + " saw attack success fall by it",
              range = "at least 0")
          int adversarialEpochs,
      @Doc(
              value = "learning rate of the networks, by Adam in batches of 32",
              range = "greater than 0")
          double learningRate,
      @Doc(value = "largest rotation that ink shall survive, in degrees", range = "0 to 180")
          double rotation,
      @Doc(
              value =
                  "seed of the networks' training; runs on a data set with the same seed and"
                      + " network options share them",
              range = "any whole number")
          long generatorSeed,
      @Doc(
              value =
                  "images of the second stream in each of the victim's steps; 0 for as many as a"
                      + " batch of clean ones, which makes half of what the victim sees poisoned,"
                      + " whatever the ratio",
              range = "at least 0")
          int secondBatch,
      @Doc(
              value =
                  "paper: the second stream holds poisoned images only, values rounded;"
                      + " backdoorbench: it holds the whole poisoned training set in batches formed"
                      + " once, values truncated",
              range = "paper | backdoorbench")
          Fidelity fidelity) {

    public Options {
      requireRatio("ratio", ratio);
      requireAtLeast("target", target, 0);
      sources = List.copyOf(sources);
      ink = List.copyOf(ink);
      require(
          ink.size() == COLOURS && ink.stream().allMatch(c -> c >= 0 && c <= MAX_LEVEL),
          "ink must be three numbers from 0 to 255, but was %s",
          ink);
      requireRange("edge_threshold", edgeThreshold, 0, MAX_LEVEL);
      requireAtLeast("width", width, 1);
      requireAtLeast("stage_epochs", stageEpochs, 0);
      requireAtLeast("adversarial_epochs", adversarialEpochs, 0);
      requirePositive("learning_rate", learningRate);
      requireRange("rotation", rotation, 0, MAX_ROTATION);
      requireAtLeast("second_batch", secondBatch, 0);
    }

    /** Images of the second stream in a step, beside a batch of clean ones. */
    int secondBatch(int batchSize) {
      return secondBatch > 0 ? secondBatch : batchSize;
    }

    boolean benchmark() {
      return fidelity == Fidelity.BACKDOORBENCH;
    }

    UnetB blankInjection(int channels) {
      return new UnetB(2 * channels, channels, width);
    }

    InkTrigger trigger(UnetB injection) {
      return new InkTrigger(injection, ink, edgeThreshold, benchmark());
    }
  }

  @Override
  public String id() {
    return "poison-ink";
  }

  @Override
  public List<String> aliases() {
    return List.of("poisonink");
  }

  @Override
  public Options defaults(DatasetSpec data) {
    return new Options(
        0.1,
        0,
        LabelMode.ALL_TO_ONE,
        List.of(),
        List.of(80, 160, 80),
        28,
        8,
        1,
        0,
        0.001,
        0,
        0,
        0,
        Fidelity.PAPER);
  }

  @Override
  public MethodCard card() {
    return new MethodCard(
        "Poison Ink",
        "Puts invisible ink on the edges of images and trains the victim on such images beside"
            + " clean ones.",
        "Zhang, Chen, Huang, Liao, Zhang, Feng, Hua, Yu: Poison Ink: Robust and Invisible Backdoor"
            + " Attack. IEEE TIP 2022",
        "https://arxiv.org/abs/2108.02488",
        "the attacker trains networks on the images, poisons part of them and composes the"
            + " victim's batches",
        "training control",
        "3 · stage_epochs passes through injection network and extractor, once per data set and"
            + " generator_seed; the victim's epochs take twice as long, or less by second_batch",
        List.of(
            "The paper trains networks of width 64 for 200 epochs per stage at 2e-4; the defaults"
                + " here are for minutes on a processor, and their ink is easier to see.",
            "Each stage adds its disturbance to those of the stages before (the order is the"
                + " authors', that they add up is unverified). Rotation is off by default, as in the"
                + " authors' code.",
            "How many marked images go with a batch of clean ones is unverified; the default is"
                + " the benchmark's, as many.",
            "Crops and flips are drawn per image and done in one bilinear map.",
            "Sides that are no multiples of 16 are filled up by repeated edges within the"
                + " networks."));
  }

  @Override
  public Trigger restore(DatasetSpec data, Options options, Map<String, Tensor> state) {
    return options.trigger(
        InkTrigger.loaded(options.blankInjection(data.shape().channels()), state));
  }

  @Override
  public AttackOutcome attack(AttackContext context, Options options) {
    LabelRule rule = options.labels().rule(options.target(), options.sources());
    PoisonRate rate = PoisonRate.ofDataset(options.ratio());
    context.checkPoisonable(rule, rate);
    InkTrigger trigger = options.trigger(InkTraining.injection(context, options));
    PoisonedDataset poisoned = context.poison(new PoisonRecipe(trigger, rule, rate));
    Network model = context.newVictim();
    TrainingPlan plan = context.plan().withDropLast(false);
    InkStep step = step(context, options, poisoned, model, plan);
    TrainingHistory history =
        context
            .victimTrainer(trigger, rule)
            .fit(model, context.training(), plan, step, context.seed().child("training"));
    return new AttackOutcome(model, java.util.Optional.of(poisoned), trigger, rule, history);
  }

  static InkStep step(
      AttackContext context,
      Options options,
      PoisonedDataset poisoned,
      Network model,
      TrainingPlan plan) {
    Seed seed = context.seed().child("second-stream");
    ImageDataset all = poisoned.asDataset();
    ImageDataset mixed = options.benchmark() ? all : all.subset(poisoned.poisonedRows());
    BatchStream stream =
        new BatchStream(
            mixed.on(context.device()),
            options.secondBatch(plan.batchSize()),
            Augmentation.NONE,
            false,
            seed);
    int steps = (context.training().size() - 1) / plan.batchSize() + 1;
    return new InkStep(model, stream, options.benchmark(), steps, seed);
  }
}
