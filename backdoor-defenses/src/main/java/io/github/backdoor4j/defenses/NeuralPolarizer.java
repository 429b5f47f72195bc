package io.github.backdoor4j.defenses;

import static io.github.backdoor4j.core.Checks.requireAtLeast;
import static io.github.backdoor4j.core.Checks.requireNonNegative;
import static io.github.backdoor4j.core.Checks.requirePositive;
import static io.github.backdoor4j.core.Checks.requireRatio;

import io.github.backdoor4j.core.NotApplicableException;
import io.github.backdoor4j.core.data.Augmentation;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.nn.ChannelMixer;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkWithMixer;
import io.github.backdoor4j.core.nn.Passes;
import io.github.backdoor4j.core.nn.Trainable;
import io.github.backdoor4j.core.record.Doc;
import io.github.backdoor4j.core.spi.DefenderAccess;
import io.github.backdoor4j.core.spi.DefenseContext;
import io.github.backdoor4j.core.spi.DefenseOutcome.RepairedModel;
import io.github.backdoor4j.core.spi.DefenseStrategy;
import io.github.backdoor4j.core.spi.Fidelity;
import io.github.backdoor4j.core.spi.MethodCard;
import io.github.backdoor4j.core.spi.Workload;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.train.OptimizerSpec;
import io.github.backdoor4j.core.train.TrainingHistory;
import io.github.backdoor4j.core.train.TrainingPlan;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Puts a layer that mixes channels before the last block and trains it, and nothing else, against
 * adversarial examples that lead each image to its most likely wrong class. Assumes a small clean
 * labelled set. The model keeps its own weights; the result has the layer built in.
 *
 * @see <a href="https://arxiv.org/abs/2306.16697">Zhu et al., Neural Polarizer, NeurIPS 2023</a>
 */
public final class NeuralPolarizer implements DefenseStrategy<NeuralPolarizer.Options> {

  private static final int EPOCHS = 50;
  private static final int WARM_UP = 5;
  private static final int BATCH = 128;
  private static final int EPOCHS_FOR_MANY = 100; // CIFAR-100's, with batches of 256
  private static final int BATCH_FOR_MANY = 256;

  /**
   * Weights of the loss's four terms.
   *
   * @param clean λ₁ of cross entropy on clean images
   * @param kept λ₂ of cross entropy of adversarial examples with the labels of the clean images
   * @param runnerUp λ₃ of the most likely wrong class of adversarial examples
   * @param target λ₄ of the class that the adversarial examples aim at
   */
  public record Weights(
      @Doc(value = "cross entropy on clean images (lambda 1)", range = "at least 0") double clean,
      @Doc(
              value =
                  "cross entropy of adversarial examples with the predictions on the clean images"
                      + " (lambda 2)",
              range = "at least 0")
          double kept,
      @Doc(
              value = "probability of the likeliest wrong class of adversarial examples (lambda 3)",
              range = "at least 0")
          double runnerUp,
      @Doc(value = "probability of the class that they aim at (lambda 4)", range = "at least 0")
          double target) {

    public Weights {
      requireNonNegative("clean", clean);
      requireNonNegative("kept", kept);
      requireNonNegative("runner_up", runnerUp);
      requireNonNegative("target", target);
    }
  }

  /**
   * What the polarizer can be told.
   *
   * @param balanced whether about equally many images of each class are used
   * @param warmUp training that sets the layer's running statistics
   * @param training against adversarial examples
   * @param trainMode whether the layer is in training mode in the training proper
   * @param norm of the ball of perturbations
   * @param radius of the ball
   * @param start of the search
   * @param step of the search
   * @param signed whether steps go by the sign of the gradient
   * @param steps of the search
   * @param enough share of a batch at its targets at which the search stops
   * @param weights of the loss's terms
   * @param fidelity paper and benchmark mean the same here
   */
  public record Options(
      @Doc(
              "whether about equally many images of each class are drawn from the clean holdout, as"
                  + " in the benchmark, or all of it is used")
          boolean balanced,
      @Doc(
              "training on clean images that sets the layer's running statistics; layer in train mode;"
                  + " 32-bit arithmetic only")
          TrainingPlan warmUp,
      @Doc(
              "training of the layer against adversarial examples, not augmented by default; 32-bit"
                  + " arithmetic only")
          TrainingPlan training,
      @Doc(
              "whether the layer is in training mode in the training proper, its running statistics"
                  + " following clean images only; else they stand still")
          boolean trainMode,
      @Doc(value = "how the size of a perturbation is measured", range = "l2 | linf")
          PerturbationBall.Norm norm,
      @Doc(
              value = "largest size of an image's perturbation, in units of [0, 1] per pixel",
              range = "above 0")
          double radius,
      @Doc(value = "where the search starts", range = "zero | upper | lower | random")
          PerturbationBall.Start start,
      @Doc(value = "length of a step of the search", range = "above 0") double step,
      @Doc("whether a step goes by the sign of the gradient of each pixel") boolean signed,
      @Doc(value = "steps of the search at most", range = "at least 1") int steps,
      @Doc(
              value = "the search stops when more than this share of the batch is at its target",
              range = "(0, 1]")
          double enough,
      @Doc("weights of the terms of the loss") Weights weights,
      @Doc(value = "paper and benchmark mean the same here", range = "paper | backdoorbench")
          Fidelity fidelity) {

    public Options {
      AdversarialTuning.requireFullPrecision("warm_up", warmUp);
      AdversarialTuning.requireFullPrecision("training", training);
      requirePositive("radius", radius);
      requirePositive("step", step);
      requireAtLeast("steps", steps, 1);
      requireRatio("enough", enough);
    }

    ProjectedDescent search() {
      return new ProjectedDescent(new PerturbationBall(norm, radius), start, steps, step, signed);
    }
  }

  @Override
  public String id() {
    return "npd";
  }

  /** The benchmark's values; data sets that it has none for get those of CIFAR-10. */
  @Override
  public Options defaults(DatasetSpec data) {
    boolean tiny = data.id().equals("tiny-imagenet");
    boolean signs = data.id().equals("gtsrb");
    boolean many = data.id().equals("cifar100");
    int batch = many ? BATCH_FOR_MANY : BATCH;
    double radius = tiny ? 6 : signs ? 5 : 3;
    Weights weights =
        tiny
            ? new Weights(1, 1, 0.1, 0.1)
            : signs ? new Weights(1, 0.5, 0.5, 0.5) : new Weights(1, 0.4, 0.4, 0.4);
    return new Options(
        true,
        AdversarialTuning.plan(
            tiny ? 0 : WARM_UP, batch, new OptimizerSpec.Sgd(1e-4, 0, 0, false), Augmentation.NONE),
        AdversarialTuning.plan(
            many ? EPOCHS_FOR_MANY : EPOCHS,
            batch,
            new OptimizerSpec.Sgd(0.01, 0.9, 5e-4, false),
            Augmentation.NONE),
        tiny,
        PerturbationBall.Norm.L2,
        radius,
        PerturbationBall.Start.ZERO,
        0.1,
        !tiny,
        2,
        0.6,
        weights,
        Fidelity.PAPER);
  }

  @Override
  public MethodCard card() {
    return new MethodCard(
        "Neural Polarizer (NPD)",
        "Trains one inserted layer that mixes channels so that features of adversarial examples are"
            + " cleaned; the model itself stays as it is.",
        "Zhu, Wei, Zha, Wu: Neural Polarizer: A Lightweight and Effective Backdoor Defense via"
            + " Purifying Poisoned Features, NeurIPS 2023",
        "https://arxiv.org/abs/2306.16697",
        "defender has the model with its gradients and a small clean labelled set",
        "post-training repair",
        "5 warm-up epochs and 50 epochs of 4 passes with gradient over the holdout (31 forward"
            + " passes over the training set by default)",
        List.of(
            "the returned model has the layer built in, as mixer.* beside its own weights; the"
                + " benchmark saves the unmodified model and the layer apart",
            "the layer is put before the last block's first convolution; not applicable where a"
                + " network does not say where that is",
            "where the last block begins with a sum, its shortcut sees what the layer makes of it"
                + " too; in the authors' pre-activation network only the convolution does",
            "the balanced subset is drawn from the run's clean holdout, so classes that are rare"
                + " there stay so; the benchmark draws it from the whole clean training set",
            "one convolution and one normalisation; the benchmark's other kinds of layers are not"
                + " there",
            "the benchmark gives no radius for CIFAR-100; that of CIFAR-10 is used there and for"
                + " data sets that it does not know",
            "the search asks before each step whether enough images are at their targets"));
  }

  @Override
  public Set<DefenderAccess> needs() {
    return Set.of(
        DefenderAccess.SUSPECT_MODEL, DefenderAccess.INPUT_GRADIENTS, DefenderAccess.CLEAN_HOLDOUT);
  }

  @Override
  public Optional<Passes> expectedPasses(Options options, Workload load) {
    int images =
        options.balanced()
            ? ClassBalance.most(load.holdoutImages(), load.classes())
            : load.holdoutImages();
    // of each image: the clean one, each step of the search, and the adversarial example
    Passes training = Tuning.passes(options.training(), images).times(options.steps() + 2);
    return Optional.of(Tuning.passes(options.warmUp(), images).plus(training));
  }

  @Override
  public RepairedModel defend(DefenseContext context, Options options) {
    Network network = context.suspect();
    String place = network.features().lastBlock();
    if (place.isEmpty()) {
      throw new NotApplicableException(
          "defense 'npd' puts a layer before the first convolution of the network's last block, but"
              + " this network does not say where that is");
    }
    ImageDataset holdout = context.labelledHoldout();
    ImageDataset images =
        options.balanced()
            ? ClassBalance.subset(holdout, context.seed().child("balanced"))
            : holdout;
    ChannelMixer mixer = NetworkWithMixer.mixerFor(network, place); // part of the result
    try (TensorScope scope = TensorScope.open()) {
      network.requireGradients(false);
      PolarizerStep step = new PolarizerStep(network, place, mixer, holdout.spec(), options);
      TrainingHistory warmUp =
          context
              .trainer("warm-up")
              .fit(
                  mixer,
                  images,
                  options.warmUp(),
                  step::cleanLoss,
                  context.seed().child("warm-up"));
      Trainable trained = options.trainMode() ? mixer : new FrozenStatistics(mixer);
      TrainingHistory training =
          context
              .trainer("training")
              .fit(trained, images, options.training(), step, context.seed().child("training"));
      network.requireGradients(true);
      return new RepairedModel(
          NetworkWithMixer.of(network, place, mixer),
          PolarizerEvidence.of(mixer, images.size(), warmUp, training));
    }
  }
}
