package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.Passes;
import io.github.backdoor4j.core.spi.Evidence;
import io.github.backdoor4j.core.spi.Figure;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.core.train.Batch;
import io.github.backdoor4j.core.train.BatchStep;
import io.github.backdoor4j.core.train.BatchStream;
import io.github.backdoor4j.core.train.StepContext;
import io.github.backdoor4j.core.train.TrainingHistory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The steps of I-BAU. Each epoch is a round: before its first step the perturbation is searched
 * anew, from zero, in a pass over freshly augmented images; then each stored batch gives one outer
 * step. The trainer's own batches are not looked at, since the stored ones must be the same in each
 * round.
 */
final class UnlearningStep implements BatchStep {

  private final Network network;
  private final ImageDataset holdout;
  private final ImplicitHypergradientUnlearning.Options options;
  private final BatchStream search;
  private final List<Batch> stored = new ArrayList<>();
  private final Tensor delta; // 1×C×H×W
  private final Consumer<Passes> work;

  /**
   * @param network in evaluation mode
   * @param holdout on the network's device
   * @param work is told what second derivatives cost
   */
  UnlearningStep(
      Network network,
      ImageDataset holdout,
      ImplicitHypergradientUnlearning.Options options,
      Seed seed,
      Consumer<Passes> work) {
    this.network = network;
    this.holdout = holdout;
    this.options = options;
    this.work = work;
    this.search = stream(seed.child("search"));
    BatchStream once = stream(seed.child("stored-batches"));
    for (int s = 0; s < once.steps(); s++) {
      stored.add(once.batch(0, s));
    }
    ImageShape shape = holdout.spec().shape();
    this.delta =
        network.device().place(torch.zeros(1, shape.channels(), shape.height(), shape.width()));
  }

  private BatchStream stream(Seed seed) {
    return new BatchStream(
        holdout,
        options.unlearning().batchSize(),
        options.unlearning().augmentation(),
        options.unlearning().dropLast(),
        seed);
  }

  /** The perturbation, for the record only: each round starts it from zero. */
  @Override
  public Map<String, Tensor> state() {
    return Map.of("perturbation", delta);
  }

  @Override
  public Tensor loss(Batch unused, StepContext context) {
    if (context.step() == 0) {
      searchPerturbation(context);
    }
    Batch batch = stored.get(context.step());
    Tensor carriers = carriers(batch, context);
    return options
        .hypergradient()
        .loss(
            delta,
            d -> firstLoss(d, context),
            d -> context.crossEntropy(forward(batch.images(), d.mul(carriers)), batch.labels()),
            passes -> work.accept(Passes.training(passes * stored.get(0).size())));
  }

  /** Ones for the images that carry the perturbation, zeros for the others; N×1×1×1. */
  private Tensor carriers(Batch batch, StepContext context) {
    Tensor mask = torch.zeros(batch.size(), 1, 1, 1);
    int count = options.perturbed(batch.size());
    if (count > 0) {
      Tensor order =
          torch.randperm(batch.size(), context.generator(), new TensorOptions(ScalarType.Long));
      mask.index_fill_(0, order.narrow(0, 0, count), new Scalar(1.0));
    }
    return context.device().place(mask);
  }

  /** Perturbed images' logits, with a graph to the weights. */
  private Tensor forward(Tensor images, Tensor perturbation) {
    return network.forward(
        options.space().add(images, perturbation, holdout.spec().normalization()));
  }

  /** −CE(f(x + δ), y) + penalty·‖δ‖². */
  private Tensor innerLoss(Tensor logits, Tensor labels, Tensor perturbation) {
    return torch
        .cross_entropy_loss(logits, labels)
        .neg()
        .add(perturbation.square().sum(), new Scalar(options.penalty()));
  }

  private Tensor firstLoss(Tensor perturbation, StepContext context) {
    Batch first = stored.get(0);
    Tensor logits = forward(first.images(), perturbation);
    Tensor wrong = AdversarialTuning.labels(logits).ne(first.labels());
    context.observe("fooled", wrong.to(ScalarType.Float).mean(), 1);
    return innerLoss(logits, first.labels(), perturbation);
  }

  /** One pass of plain gradient descent on the inner loss, with the model's own labels. */
  private void searchPerturbation(StepContext context) {
    delta.zero_();
    for (int s = 0; s < search.steps(); s++) {
      try (TensorScope scope = TensorScope.open()) {
        Batch batch = search.batch(context.epoch(), s);
        Tensor moving = delta.clone().set_requires_grad(true);
        Tensor own = AdversarialTuning.labels(network, batch.images());
        Tensor perturbed =
            options.space().add(batch.images(), moving, holdout.spec().normalization());
        Tensor loss = innerLoss(AdversarialTuning.frozen(network, perturbed), own, moving);
        delta.sub_(Tensors.gradients(loss, false, moving)[0], new Scalar(options.searchRate()));
        if (options.radius() > 0) {
          delta.copy_(
              new PerturbationBall(PerturbationBall.Norm.L2, options.radius()).project(delta));
        }
      }
    }
    context.observe("perturbation_norm", delta.norm(), 1);
  }

  /** What a reader of the result gets to see. */
  Evidence evidence(TrainingHistory history) {
    Map<String, Double> numbers =
        new LinkedHashMap<>(Tuning.numbers("unlearning", holdout.size(), history));
    List<Figure> figures =
        new ArrayList<>(Tuning.figures("Unlearning a perturbation that fools the model", history));
    AdversarialTuning.ends(history, "fooled", numbers);
    AdversarialTuning.ends(history, "perturbation_norm", numbers);
    figures.addAll(
        AdversarialTuning.curves(
            "First batch under the round's perturbation",
            "share of images classified wrongly",
            history,
            List.of("fooled")));
    figures.addAll(
        AdversarialTuning.pictures(
            "The perturbation of the last round",
            holdout.spec().shape(),
            Map.of("all images", delta)));
    return new Evidence(numbers, figures, notes(history));
  }

  private List<String> notes(TrainingHistory history) {
    List<String> notes = new ArrayList<>(Tuning.notes(history));
    boolean none = stored.stream().allMatch(batch -> options.perturbed(batch.size()) == 0);
    if (none) {
      notes.add(
          "No batch was large enough for an image to carry the perturbation, so this was plain"
              + " fine-tuning in evaluation mode. Raise perturbed_share or the batch size.");
    }
    return notes;
  }
}
