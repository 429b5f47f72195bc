package io.github.backdoor4j.defenses;

import static io.github.backdoor4j.core.Checks.require;
import static io.github.backdoor4j.core.Checks.requireAtLeast;
import static io.github.backdoor4j.core.Checks.requireNonNegative;
import static io.github.backdoor4j.core.Checks.requirePositive;
import static io.github.backdoor4j.core.Checks.requireRange;
import static io.github.backdoor4j.core.Checks.requireRatio;

import io.github.backdoor4j.core.data.Augmentation;
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
import io.github.backdoor4j.core.spi.Selection;
import io.github.backdoor4j.core.spi.Workload;
import io.github.backdoor4j.core.tensor.Precision;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.train.Batch;
import io.github.backdoor4j.core.train.BatchStep;
import io.github.backdoor4j.core.train.OptimizerSpec;
import io.github.backdoor4j.core.train.ScheduleSpec;
import io.github.backdoor4j.core.train.TrainingHistory;
import io.github.backdoor4j.core.train.TrainingPlan;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * Prunes the channels that a little noise on their scale and shift turns against the clean task:
 * backdoored models make such mistakes much sooner than clean ones. A mask per channel is learnt on
 * a little clean data while noise works against it, and channels with a low mask are pruned.
 *
 * @see <a href="https://arxiv.org/abs/2110.14430">Wu, Wang, Adversarial Neuron Pruning Purifies
 *     Backdoored Deep Models, NeurIPS 2021</a>
 */
public final class AdversarialNeuronPruning
    implements DefenseStrategy<AdversarialNeuronPruning.Options> {

  private static final String ID = "anp";

  /**
   * What Adversarial Neuron Pruning can be told.
   *
   * @param training how the mask learns; an epoch has {@code iterations} batches
   * @param iterations batches per epoch
   * @param epsilon bound of the noise that a batch starts with
   * @param noiseSteps steps of the noise per batch
   * @param alpha weight of the loss without noise
   * @param threshold mask up to which a channel is pruned
   * @param selection by what the threshold is chosen
   * @param maxAccuracyDrop relative loss of clean accuracy at which pruning has gone too far
   * @param keptBack share of the holdout that accuracy is measured on
   * @param fidelity paper and benchmark differ in other options only
   */
  public record Options(
      @Doc(
              "training of the mask on the clean holdout: batches are drawn with replacement,"
                  + " weights stand still; the benchmark's learning rate is 0.01, the authors' 0.2")
          TrainingPlan training,
      @Doc(value = "batches per epoch of the training", range = "at least 1") int iterations,
      @Doc(
              value =
                  "bound of the relative noise on scales and shifts that each batch starts with"
                      + " (section 4.1)",
              range = "at least 0")
          double epsilon,
      @Doc(
              value = "steps of epsilon/noise_steps that the noise takes per batch",
              range = "at least 0")
          int noiseSteps,
      @Doc(value = "weight of the loss without noise against that with noise", range = "[0, 1]")
          double alpha,
      @Doc(
              value =
                  "mask up to which a channel is pruned, with a fixed selection; 0.2 is the paper's"
                      + " as far as we know",
              range = "[0, 1]")
          double threshold,
      @Doc(
              value =
                  "fixed: threshold as given; clean-holdout: raised step by step while within"
                      + " max_accuracy_drop on the images kept back; oracle: by attack success on"
                      + " test data, as the benchmark's published rows, for comparison only",
              range = "fixed | clean-holdout | oracle")
          Selection selection,
      @Doc(
              value =
                  "relative loss of clean accuracy at which pruning has gone too far; unused with"
                      + " a fixed selection",
              range = "(0, 1]")
          double maxAccuracyDrop,
      @Doc(
              value =
                  "share of the clean holdout kept back to measure accuracy, with clean-holdout"
                      + " selection only",
              range = "(0, 1)")
          double keptBack,
      @Doc(
              value =
                  "paper and benchmark differ in the training's learning rate and in the selection"
                      + " only, which are options of their own",
              range = "paper | backdoorbench")
          Fidelity fidelity) {

    public Options {
      requireAtLeast("iterations", iterations, 1);
      requireNonNegative("epsilon", epsilon);
      requireAtLeast("noise_steps", noiseSteps, 0);
      requireRange("alpha", alpha, 0, 1);
      requireRange("threshold", threshold, 0, 1);
      requireRatio("max_accuracy_drop", maxAccuracyDrop);
      requirePositive("kept_back", keptBack);
      require(keptBack < 1, "kept_back must lie in (0, 1), but was %s", keptBack);
    }
  }

  @Override
  public String id() {
    return ID;
  }

  @Override
  public Options defaults(DatasetSpec data) {
    TrainingPlan training =
        new TrainingPlan(
            4,
            256,
            new OptimizerSpec.Sgd(0.2, 0.9, 0, false),
            new ScheduleSpec.Constant(),
            data.augmentation(),
            Precision.FP32,
            false);
    return new Options(training, 500, 0.4, 1, 0.2, 0.2, Selection.FIXED, 0.1, 0.5, Fidelity.PAPER);
  }

  @Override
  public MethodCard card() {
    return new MethodCard(
        "Adversarial Neuron Pruning (ANP)",
        "Learns a mask over channels against noise on their scale and shift, and prunes channels"
            + " with a low mask.",
        "D. Wu, Y. Wang: Adversarial Neuron Pruning Purifies Backdoored Deep Models, NeurIPS 2021",
        "https://arxiv.org/abs/2110.14430",
        "defender has the model and a small clean labelled set",
        "post-training repair",
        "3 · epochs · iterations forward and backward passes over a batch (92 forward passes over"
            + " the training set by default)",
        List.of(
            "the threshold is fixed at 0.2, as the paper's is as far as we know (unverified), or"
                + " chosen by accuracy on kept-back clean images; the benchmark picks it by attack"
                + " success on test data, which is the selection 'oracle' here",
            "masks learn at the authors' rate of 0.2 in batches of 256, as the benchmark's are; the"
                + " authors' are of 128",
            "with the selection 'oracle' thresholds that prune the same channels are tried once",
            "pruning a given number of channels, an alternative in both code bases, is not"
                + " offered"));
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
    double images =
        (double) options.training().epochs()
            * options.iterations()
            * options.training().batchSize()
            * (2 + options.noiseSteps());
    return Optional.of(
        Passes.training(images)
            .plus(
                ChannelPruning.expected(
                    options.selection(),
                    MaskTraining.SWEEP.length + 1,
                    (int) (load.holdoutImages() * options.keptBack()))));
  }

  @Override
  public RepairedModel defend(DefenseContext context, Options options) {
    Network network = context.suspect();
    NormChannels channels = NormChannels.of(network, ID);
    KeptBack images = KeptBack.of(context, options.selection(), options.keptBack());
    Learning learning = learn(context, network, images.used(), options);
    return new ChannelPruning(context, network, channels, false)
        .prune(
            learning.mask().settings(options.threshold()),
            new ChannelPruning.Rule(options.selection(), options.maxAccuracyDrop(), images::judged),
            threshold -> learning.evidence(images.used().size(), threshold));
  }

  /** A learnt mask and how its training went. */
  private record Learning(MaskTraining.Learnt mask, TrainingHistory history) {

    Evidence evidence(int images, double threshold) {
      Map<String, Double> numbers = new LinkedHashMap<>();
      numbers.put("mean_mask", mask.mean());
      numbers.putAll(Tuning.numbers("mask", images, history));
      List<io.github.backdoor4j.core.spi.Figure> figures = new ArrayList<>();
      figures.add(mask.histogram(threshold));
      figures.addAll(Tuning.figures("Learning the mask against noise", history));
      return new Evidence(numbers, figures, List.of());
    }
  }

  private static Learning learn(
      DefenseContext context, Network suspect, ImageDataset holdout, Options options) {
    try (TensorScope scope = TensorScope.open()) {
      Network network = suspect.copy(); // training moves the running statistics
      NormChannels channels = NormChannels.of(network, ID);
      MaskTraining training = new MaskTraining(network, channels);
      TrainingPlan plan = options.training();
      ResampledBatches batches =
          new ResampledBatches(holdout.on(context.device()), plan.batchSize(), plan.augmentation());
      TrainingHistory history =
          training.fit(
              context.trainer("mask"),
              batches.pace(options.iterations()),
              plan.withBatchSize(1).withAugmentation(Augmentation.NONE),
              step(network, training, batches, options),
              context.seed().child("mask"));
      return new Learning(training.learnt(), history);
    }
  }

  /** The trainer's own batches only count the steps: images are drawn with replacement. */
  private static BatchStep step(
      Network network, MaskTraining training, ResampledBatches batches, Options options) {
    return (pace, context) -> {
      Batch batch = batches.draw(context.generator());
      NormNoise.Setting setting =
          new NormNoise.Setting(
              network,
              training.channels(),
              training.mask(),
              batch.images(),
              batch.labels(),
              options.training().precision());
      NormNoise noise =
          NormNoise.uniform(
              training.channels().layers(),
              options.epsilon(),
              context.generator(),
              context.device());
      for (int i = 0; i < options.noiseSteps(); i++) {
        noise = noise.ascended(setting, options.epsilon() / options.noiseSteps());
      }
      Tensor clean = context.crossEntropy(setting.logits(NormNoise.NONE), batch.labels());
      Tensor perturbed = setting.loss(noise);
      context.observe("perturbed_loss", perturbed, batch.size());
      return clean
          .mul(new Scalar(options.alpha()))
          .add(perturbed.mul(new Scalar(1 - options.alpha())));
    };
  }
}
