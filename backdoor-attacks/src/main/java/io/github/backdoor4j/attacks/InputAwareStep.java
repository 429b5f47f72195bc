package io.github.backdoor4j.attacks;

import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.data.LabelRule;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.core.train.Batch;
import io.github.backdoor4j.core.train.BatchStream;
import io.github.backdoor4j.core.train.JointStep;
import io.github.backdoor4j.core.train.StepContext;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * Second phase of Input-aware: classifier and pattern generator learn together. Backdoored rows
 * carry the pattern and mask of their own image and the target label, cross rows those of another
 * image and their own label.
 */
final class InputAwareStep implements JointStep {

  private final Network victim;
  private final MaskedPatternTrigger trigger;
  private final InputAware.Options options;
  private final TaughtLabels taught;
  private final BatchStream others;
  private final Map<String, Tensor> sums = new LinkedHashMap<>();

  /**
   * A batch and what went into it.
   *
   * @param batch with patterns
   * @param diversity of the patterns, a scalar; zero where there is no pair of them
   */
  record Mixed(PoisonedBatch batch, Tensor diversity) {}

  /**
   * @param data the clean training set
   * @param others a second stream over the same data, batch for batch
   */
  InputAwareStep(
      Network victim,
      MaskedPatternTrigger trigger,
      InputAware.Options options,
      LabelRule rule,
      ImageDataset data,
      BatchStream others) {
    this.victim = victim;
    this.trigger = trigger;
    this.options = options;
    this.taught = TaughtLabels.of(rule, data.spec().classes(), victim.device());
    this.others = others;
    if (options.benchmark()) {
      trigger
          .pattern()
          .parameters()
          .forEach((name, p) -> sums.put(name, torch.zeros_like(p.detach())));
    }
  }

  /** Sums of the generator's gradients, under the benchmark's rule. */
  @Override
  public Map<String, Tensor> state() {
    return sums;
  }

  @Override
  public List<Tensor> losses(Batch batch, StepContext context) {
    BatchSplit split =
        BatchSplit.draw(options.ratio(), options.crossRatio(), batch.size(), context.generator());
    Mixed mixed = mix(batch, others.batch(context.epoch(), context.step()), split, context);
    Tensor logits = context.forward(victim, mixed.batch().images());
    mixed.batch().observe(logits, context);
    Tensor loss =
        context
            .crossEntropy(logits, mixed.batch().labels())
            .add(mixed.diversity().mul(new Scalar(options.diversity())));
    return options.benchmark()
        ? List.of(loss, alongSums(loss, split.backdoored() > 0))
        : List.of(loss, loss);
  }

  Mixed mix(Batch batch, Batch other, BatchSplit split, StepContext context) {
    List<Tensor> patterns = new ArrayList<>();
    PoisonedBatch mixed =
        PoisonedBatch.mix(
            batch,
            split,
            taught,
            x -> patterned(x, x, patterns, context),
            x ->
                patterned(
                    x,
                    other.images().narrow(0, split.backdoored(), split.cross()),
                    patterns,
                    context));
    long pairs = Math.min(split.backdoored(), split.cross());
    if (pairs == 0) {
      return new Mixed(mixed, torch.zeros_like(batch.images().sum()));
    }
    Tensor diversity =
        Diversity.loss(
            batch.images().narrow(0, 0, pairs),
            other.images().narrow(0, split.backdoored(), pairs),
            patterns.get(0).narrow(0, 0, pairs),
            patterns.get(1).narrow(0, 0, pairs));
    context.observe("diversity", diversity, (double) pairs);
    return new Mixed(mixed, diversity);
  }

  /** Images with the patterns and masks of the images {@code from}. */
  private Tensor patterned(Tensor images, Tensor from, List<Tensor> patterns, StepContext context) {
    Tensor pattern = trigger.normalization().fromUnit(context.apply(trigger.pattern(), from));
    patterns.add(pattern);
    return MaskedPatternTrigger.blend(images, pattern, trigger.masks(from));
  }

  /**
   * A loss whose gradient is the sum of the generator's gradients over all batches so far: the
   * authors' program and the benchmark never clear them.
   *
   * @param patterns whether the loss depends on the generator in this batch
   */
  private Tensor alongSums(Tensor loss, boolean patterns) {
    Map<String, Tensor> parameters = trigger.pattern().parameters();
    if (patterns) {
      addGradients(loss, parameters);
    }
    Tensor along = torch.zeros_like(loss.detach());
    for (Map.Entry<String, Tensor> parameter : parameters.entrySet()) {
      Tensor sum = java.util.Objects.requireNonNull(sums.get(parameter.getKey()));
      along = along.add(parameter.getValue().mul(sum).sum());
    }
    return along;
  }

  private void addGradients(Tensor loss, Map<String, Tensor> parameters) {
    TensorVector gradients =
        torch.grad(
            new TensorVector(loss),
            new TensorVector(parameters.values().toArray(new Tensor[0])),
            new TensorVector(),
            new BoolOptional(true),
            false,
            false);
    Tensors.withoutGradients(
        () -> {
          int i = 0;
          for (String name : parameters.keySet()) {
            java.util.Objects.requireNonNull(sums.get(name)).add_(gradients.get(i++));
          }
          return true;
        });
  }
}
