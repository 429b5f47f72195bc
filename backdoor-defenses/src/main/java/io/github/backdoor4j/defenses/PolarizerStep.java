package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.nn.ChannelMixer;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.Taps;
import io.github.backdoor4j.core.train.Batch;
import io.github.backdoor4j.core.train.BatchStep;
import io.github.backdoor4j.core.train.StepContext;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The steps of the neural polarizer: adversarial examples that lead each image to its likeliest
 * wrong class, and a loss that keeps the features of both clean.
 */
final class PolarizerStep implements BatchStep {

  private static final double EXCLUDED = -10;
  private static final double LARGEST_ENTROPY = 80;
  private static final double ABOVE_ONE = 1.0001;
  private static final double SMALL = 1e-12;

  private final Network network;
  private final String place;
  private final ChannelMixer mixer;
  private final DatasetSpec data;
  private final NeuralPolarizer.Options options;

  /**
   * @param network in evaluation mode, its weights without gradients
   * @param place tap of the network behind which the mixer works
   */
  PolarizerStep(
      Network network,
      String place,
      ChannelMixer mixer,
      DatasetSpec data,
      NeuralPolarizer.Options options) {
    this.network = network;
    this.place = place;
    this.mixer = mixer;
    this.data = data;
    this.options = options;
  }

  /** Cross entropy on clean images, for the warm-up. */
  Tensor cleanLoss(Batch batch, StepContext context) {
    return context.crossEntropy(clean(batch.images()), batch.labels());
  }

  /** Logits through the mixer in its mode; its running statistics may move. */
  private Tensor clean(Tensor images) {
    return network.forward(images, Taps.at(place, mixer::apply));
  }

  /** Logits through the mixer in its mode; its running statistics stay. */
  private Tensor perturbed(Tensor images) {
    return network.forward(images, Taps.at(place, mixer::applyKeepingStatistics));
  }

  @Override
  public Tensor loss(Batch batch, StepContext context) {
    Tensor logits = clean(batch.images());
    Tensor predicted = AdversarialTuning.labels(logits);
    Tensor target = runnersUp(logits, batch.labels());
    Tensor adversarial = perturbed(search(batch.images(), target, context));
    observe(context, adversarial, target);
    return losses(logits, adversarial, batch.labels(), predicted, target, context);
  }

  private Tensor losses(
      Tensor logits,
      Tensor adversarial,
      Tensor labels,
      Tensor predicted,
      Tensor target,
      StepContext context) {
    NeuralPolarizer.Weights weights = options.weights();
    Tensor probabilities = torch.softmax(adversarial, 1L);
    Tensor wrong = runnersUp(adversarial, labels);
    return context
        .crossEntropy(logits, labels)
        .mul(new Scalar(weights.clean()))
        .add(torch.cross_entropy_loss(adversarial, predicted), new Scalar(weights.kept()))
        .add(unlikely(probabilities, wrong), new Scalar(weights.runnerUp()))
        .add(unlikely(probabilities, target), new Scalar(weights.target()));
  }

  private static void observe(StepContext context, Tensor adversarial, Tensor target) {
    Tensor reached = AdversarialTuning.labels(adversarial).eq(target).to(ScalarType.Float).mean();
    context.observe("at_target", reached, (double) target.size(0));
  }

  /** The likeliest class other than the true one, N; the true logit counts as −10. */
  static Tensor runnersUp(Tensor logits, Tensor labels) {
    return AdversarialTuning.labels(
        logits.detach().scatter(1, labels.unsqueeze(1), new Scalar(EXCLUDED)));
  }

  /** Mean of −ln(1.0001 − p + 1e-12) over the probabilities p of one class per row. */
  static Tensor unlikely(Tensor probabilities, Tensor classes) {
    Tensor p = probabilities.gather(1, classes.unsqueeze(1));
    return p.neg().add(new Scalar(ABOVE_ONE + SMALL)).log().mean().neg();
  }

  /** Mean cross entropy whose largest value per row is 80. */
  static Tensor cappedEntropy(Tensor logits, Tensor labels) {
    return StepContext.crossEntropyPerSample(logits, labels)
        .clamp_max(new Scalar(LARGEST_ENTROPY))
        .mean();
  }

  /** Images led to their targets, normalised, without a graph. */
  private Tensor search(Tensor images, Tensor target, StepContext context) {
    Tensor delta =
        options
            .search()
            .search(images, context.generator(), moving -> searchLoss(images, moving, target));
    return PerturbationSpace.CLIPPED_PIXEL.add(images, delta, data.normalization()).detach();
  }

  private Optional<Tensor> searchLoss(Tensor images, Tensor moving, Tensor target) {
    Tensor logits =
        perturbed(PerturbationSpace.CLIPPED_PIXEL.add(images, moving, data.normalization()));
    Tensor reached = AdversarialTuning.labels(logits).eq(target).to(ScalarType.Float).mean();
    return reached.item_double() > options.enough()
        ? Optional.empty()
        : Optional.of(cappedEntropy(logits, target));
  }
}
