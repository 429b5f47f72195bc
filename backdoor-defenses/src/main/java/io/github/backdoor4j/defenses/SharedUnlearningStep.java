package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.data.Normalization;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.spi.Evidence;
import io.github.backdoor4j.core.spi.Figure;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.core.train.Batch;
import io.github.backdoor4j.core.train.BatchStep;
import io.github.backdoor4j.core.train.StepContext;
import io.github.backdoor4j.core.train.TrainingHistory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The steps of SAU: search adversarial examples that both models share, then unlearn them. */
final class SharedUnlearningStep implements BatchStep {

  private final Network network;
  private final Network original;
  private final Normalization normalization;
  private final SharedAdversarialUnlearning.Options options;
  private final long[] originalLabels;
  private final int images;

  /**
   * @param network under repair
   * @param original the same before any repair; stands still
   * @param originalLabels its labels of the clean holdout, where they do not change with
   *     augmentation; else empty
   */
  SharedUnlearningStep(
      Network network,
      Network original,
      ImageDataset holdout,
      long[] originalLabels,
      SharedAdversarialUnlearning.Options options) {
    this.network = network;
    this.original = original;
    this.normalization = holdout.spec().normalization();
    this.images = holdout.size();
    this.originalLabels = originalLabels.clone();
    this.options = options;
  }

  @Override
  public Tensor loss(Batch batch, StepContext context) {
    Tensor x = batch.images();
    SharedExamples examples =
        new SharedExamples(
            batch.labels(), AdversarialTuning.labels(network, x), originalLabels(batch, context));
    Tensor adversarial = search(x, examples, context);
    Tensor theirLabels = AdversarialTuning.labels(original, adversarial);
    Tensor both = context.forward(network, torch.cat(new TensorVector(x, adversarial), 0));
    Tensor clean = both.narrow(0, 0, batch.size());
    Tensor perturbed = both.narrow(0, batch.size(), batch.size());
    Tensor shared = examples.unlearningLoss(perturbed, theirLabels);
    observe(context, examples.fooled(theirLabels), shared);
    Tensor loss =
        context
            .crossEntropy(clean, batch.labels())
            .mul(new Scalar(options.cleanWeight()))
            .add(shared, new Scalar(options.sharedWeight()));
    return options.robustWeight() == 0
        ? loss
        : loss.add(
            torch.cross_entropy_loss(perturbed, batch.labels()),
            new Scalar(options.robustWeight()));
  }

  private Tensor originalLabels(Batch batch, StepContext context) {
    if (originalLabels.length == 0) {
      return AdversarialTuning.labels(original, batch.images());
    }
    long[] known = Arrays.stream(batch.rows()).map(row -> originalLabels[(int) row]).toArray();
    return context.device().place(Tensors.ofLongs(known));
  }

  /** Perturbed images, normalised, without a graph. */
  private Tensor search(Tensor x, SharedExamples examples, StepContext context) {
    Tensor delta =
        options
            .search()
            .search(
                x,
                context.generator(),
                moving -> {
                  Tensor moved = PerturbationSpace.PIXEL.add(x, moving, normalization);
                  return examples.searchLoss(
                      AdversarialTuning.frozen(network, moved),
                      AdversarialTuning.frozen(original, moved),
                      options.adversarialWeight(),
                      options.agreementWeight());
                });
    return PerturbationSpace.PIXEL.add(x, delta, normalization);
  }

  private static void observe(StepContext context, Tensor fooled, Tensor shared) {
    double images = (double) fooled.size(0);
    context.observe("unlearnt_examples", fooled.to(ScalarType.Float).mean(), images);
    context.observe("unlearning_term", shared, images);
  }

  /** What a reader of the result gets to see. */
  Evidence evidence(TrainingHistory history) {
    Map<String, Double> numbers =
        new LinkedHashMap<>(Tuning.numbers("unlearning", images, history));
    AdversarialTuning.ends(history, "unlearnt_examples", numbers);
    AdversarialTuning.ends(history, "unlearning_term", numbers);
    List<Figure> figures =
        new ArrayList<>(Tuning.figures("Unlearning shared adversarial examples", history));
    figures.addAll(
        AdversarialTuning.curves(
            "Adversarial examples that give the original a new wrong label",
            "share of images; loss on them",
            history,
            List.of("unlearnt_examples", "unlearning_term")));
    return new Evidence(numbers, figures, notes(history));
  }

  private static List<String> notes(TrainingHistory history) {
    boolean none = Arrays.stream(history.curve("unlearnt_examples")).allMatch(share -> share == 0);
    List<String> notes = new ArrayList<>(Tuning.notes(history));
    if (none && !history.epochs().isEmpty()) {
      notes.add(
          "No adversarial example gave the original a new wrong label, so nothing was unlearnt:"
              + " only cross entropy on clean images acted.");
    }
    return notes;
  }
}
