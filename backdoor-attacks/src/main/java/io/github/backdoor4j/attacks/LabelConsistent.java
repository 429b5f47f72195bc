package io.github.backdoor4j.attacks;

import static io.github.backdoor4j.core.Checks.requireAtLeast;
import static io.github.backdoor4j.core.Checks.requireNonNegative;
import static io.github.backdoor4j.core.Checks.requirePositive;
import static io.github.backdoor4j.core.Checks.requireRange;
import static io.github.backdoor4j.core.Checks.requireRatio;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.LabelRule;
import io.github.backdoor4j.core.data.PoisonRate;
import io.github.backdoor4j.core.data.PoisonRecipe;
import io.github.backdoor4j.core.data.SampleSelector;
import io.github.backdoor4j.core.data.Trigger;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.record.Doc;
import io.github.backdoor4j.core.spi.AttackContext;
import io.github.backdoor4j.core.spi.DataPoisoning;
import io.github.backdoor4j.core.spi.Fidelity;
import io.github.backdoor4j.core.spi.MethodCard;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.train.ScheduleSpec;
import io.github.backdoor4j.core.train.TrainingPlan;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Makes images of the target class hard to classify and puts patterns into their corners, so that
 * the victim learns the patterns instead; no label changes.
 *
 * @see <a href="https://arxiv.org/abs/1912.02771">Turner, Tsipras, Madry, 2019</a>
 */
public final class LabelConsistent implements DataPoisoning<LabelConsistent.Options> {

  private static final int FEW_CLASSES = 10;
  private static final double LEVELS = 255;

  /** ε of adversarial training as the field does it, and its usual step of 2.5·ε/steps. */
  private static final double SURROGATE_EPSILON = 8 / LEVELS;

  private static final double STEP_SHARE = 2.5;

  /** How the size of an adversarial change is measured. */
  public enum Norm {
    /** By its largest value. */
    LINF,
    /** By its Euclidean length over all values of the image. */
    L2
  }

  /**
   * Options of LC.
   *
   * @param ratio share to poison
   * @param ratioOf what the ratio is a share of
   * @param target class whose images are poisoned, and that triggered images shall be given
   * @param amplitude of the corner patterns in training images
   * @param testAmplitude of the corner patterns in test images
   * @param norm of the adversarial change
   * @param epsilon bound of the adversarial change
   * @param step of the adversarial change
   * @param steps of the adversarial change
   * @param surrogateEpochs of adversarial training
   * @param surrogateSteps of the attack on each batch of that training
   * @param surrogateSeed of that training
   * @param fidelity size of the corners at other image sizes, and rounding
   */
  public record Options(
      @Doc(value = "share of the images to poison", range = "(0, 1]") double ratio,
      @Doc(
              value =
                  "what the ratio is a share of: the whole training set, as the field's tables"
                      + " count, or the images of the target class, as the paper counts",
              range = "dataset | eligible")
          PoisonRate.Of ratioOf,
      @Doc(
              value = "class whose images are poisoned, and that triggered images shall be given",
              range = "0 to classes - 1")
          int target,
      @Doc(
              value =
                  "change of the corner pixels in training images, in grey levels; 255 makes them"
                      + " black and white",
              range = "(0, 255]")
          double amplitude,
      @Doc(value = "change of the corner pixels in test images, in grey levels", range = "(0, 255]")
          double testAmplitude,
      @Doc(
              value =
                  "how the adversarial change is measured: linf by its largest value, as the"
                      + " benchmark does; l2 by its Euclidean length over all values of an image, as"
                      + " the authors' default does",
              range = "linf | l2")
          Norm norm,
      @Doc(
              value =
                  "how far the adversarial attack may change a value, or by l2 an image, in grey"
                      + " levels",
              range = "at least 0; up to 255 by linf")
          double epsilon,
      @Doc(value = "step of the adversarial attack, in grey levels", range = "greater than 0")
          double step,
      @Doc(value = "steps of the adversarial attack on an image", range = "at least 0") int steps,
      @Doc(
              value = "epochs of adversarial training of the network that is attacked",
              range = "at least 0")
          int surrogateEpochs,
      @Doc(
              value =
                  "steps of the attack on each batch of that training; 0 trains on clean images,"
                      + " which makes the attack weaker",
              range = "at least 0")
          int surrogateSteps,
      @Doc(
              value = "seed of that training; runs with the same seed share the network",
              range = "any whole number")
          long surrogateSeed,
      @Doc(
              value =
                  "paper: corners of 3x3 pixels at any image size, values rounded; backdoorbench:"
                      + " the corners of 32-pixel images, enlarged to the image, values truncated",
              range = "paper | backdoorbench")
          Fidelity fidelity) {

    public Options {
      requireRatio("ratio", ratio);
      requireAtLeast("target", target, 0);
      requirePositive("amplitude", amplitude);
      requireRange("amplitude", amplitude, 0, LEVELS);
      requirePositive("test_amplitude", testAmplitude);
      requireRange("test_amplitude", testAmplitude, 0, LEVELS);
      requireNonNegative("epsilon", epsilon);
      if (norm == Norm.LINF) {
        requireRange("epsilon", epsilon, 0, LEVELS);
      }
      requirePositive("step", step);
      requireAtLeast("steps", steps, 0);
      requireAtLeast("surrogate_epochs", surrogateEpochs, 0);
      requireAtLeast("surrogate_steps", surrogateSteps, 0);
    }

    CornerTrigger corners(double levels) {
      boolean benchmark = fidelity == Fidelity.BACKDOORBENCH;
      return new CornerTrigger(levels, benchmark, benchmark);
    }
  }

  @Override
  public String id() {
    return "label-consistent";
  }

  @Override
  public List<String> aliases() {
    return List.of("lc");
  }

  /**
   * Corners at full amplitude, ε = 16/255 in 100 steps of 1.5/255. The ratio is the largest of the
   * benchmark's that leaves clean images in the target class: 5 % with up to ten classes, 0.5 % on
   * CIFAR-100, else 0.1 %.
   */
  @Override
  public Options defaults(DatasetSpec data) {
    double ratio =
        data.classes() <= FEW_CLASSES ? 0.05 : data.id().equals("cifar100") ? 0.005 : 0.001;
    return new Options(
        ratio,
        PoisonRate.Of.DATASET,
        0,
        255,
        255,
        Norm.LINF,
        16,
        1.5,
        100,
        10,
        3,
        0,
        Fidelity.PAPER);
  }

  @Override
  public MethodCard card() {
    return new MethodCard(
        "LC",
        "Makes images of the target class hard to classify by an adversarial attack and puts"
            + " patterns into their corners; all labels stay right.",
        "Turner, Tsipras, Madry: Label-Consistent Backdoor Attacks. arXiv 2019",
        "https://arxiv.org/abs/1912.02771",
        "the attacker changes images of one class of the training set, and no label; it trains a"
            + " robust network of its own",
        "data poisoning, clean label",
        "surrogate_epochs · (surrogate_steps + 2) training passes for the surrogate, once per data"
            + " set and surrogate_seed, then 2 · steps passes over the poisoned images",
        List.of(
            "The surrogate has the victim's architecture and is trained here, by the victim's plan"
                + " with a cosine over its own epochs, against attacks with ε = 8/255 from a random"
                + " start; authors and benchmark use networks that were trained longer and, in the"
                + " benchmark, saw images without normalisation. A weaker surrogate makes poisoned"
                + " images less hard.",
            "ε = 16/255 follows the name of the benchmark's image files; the step for it is"
                + " undocumented and taken from the generator for ε = 8/255.",
            "The authors' default is a bound in L2 (norm = l2; their bounds of 300, 600 and 1200"
                + " are unverified) and one corner; the four corners are their augmented variant.",
            "The paper counts ratios within the target class; the default counts the whole set, as"
                + " the benchmark does."));
  }

  /** What is stamped into test images needs no network. */
  @Override
  public Optional<Trigger> trigger(AttackContext context, Options options) {
    return Optional.of(options.corners(options.testAmplitude()));
  }

  @Override
  public PoisonRecipe recipe(AttackContext context, Options options) {
    LabelRule rule = new LabelRule.CleanLabel(options.target());
    PoisonRate rate = new PoisonRate(options.ratio(), options.ratioOf());
    context.checkPoisonable(rule, rate);
    Pgd attack =
        new Pgd(
            options.epsilon() / LEVELS,
            options.step() / LEVELS,
            options.steps(),
            true,
            options.norm() == Norm.L2);
    Trigger training =
        new AdversarialTrigger(
            surrogate(context, options),
            context.spec(),
            options.target(),
            attack,
            options.corners(options.amplitude()));
    return new PoisonRecipe(
        training, options.corners(options.testAmplitude()), rule, rate, SampleSelector.uniform());
  }

  private static Network surrogate(AttackContext context, Options options) {
    Network network = context.newVictim();
    TrainingPlan plan = plan(context, options);
    Map<String, Object> key =
        Map.of(
            "architecture",
            network.getClass().getName() + " " + network.parameterCount(),
            "plan",
            plan,
            "attack_steps",
            options.surrogateSteps(),
            "seed",
            options.surrogateSeed());
    network.copyState(
        context.kept(
            "robust-surrogate", key, () -> train(context, options, plan, network).state()));
    network.training(false);
    network.requireGradients(false);
    return network;
  }

  private static TrainingPlan plan(AttackContext context, Options options) {
    int epochs = options.surrogateEpochs();
    return context
        .plan()
        .withEpochs(epochs)
        .withSchedule(new ScheduleSpec.Cosine(Math.max(1, epochs), 0));
  }

  private static Network train(
      AttackContext context, Options options, TrainingPlan plan, Network network) {
    Seed seed = new Seed(options.surrogateSeed()).child("surrogate");
    Network robust = network.copy().initialize(seed);
    int steps = options.surrogateSteps();
    Pgd attack =
        new Pgd(
            steps == 0 ? 0 : SURROGATE_EPSILON,
            STEP_SHARE * SURROGATE_EPSILON / Math.max(1, steps),
            steps,
            true);
    AdversarialStep step = new AdversarialStep(robust, context.spec(), attack);
    context
        .trainer("surrogate")
        .fit(robust, context.training(), plan, step, seed.child("training"));
    return robust;
  }
}
