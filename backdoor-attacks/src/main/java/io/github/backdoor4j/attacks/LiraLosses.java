package io.github.backdoor4j.attacks;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.nn.Model;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.train.Batch;
import io.github.backdoor4j.core.train.StepContext;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** What LIRA minimises (equation 3). Every image of a batch is used clean and with noise. */
final class LiraLosses {

  private final Network victim;
  private final NoiseTrigger trigger;
  private final Lira.Options options;
  private final BatchAugmentation augmentation;
  private final TaughtLabels taught;

  LiraLosses(LiraStages stages) {
    this.victim = stages.victim();
    this.trigger = stages.trigger();
    this.options = stages.options();
    DatasetSpec data = stages.context().spec();
    this.augmentation =
        new BatchAugmentation(
            options.cropPadding(),
            1,
            options.rotation(),
            1,
            data.augmentation().horizontalFlip(),
            !options.benchmark());
    this.taught = TaughtLabels.of(stages.rule(), data.classes(), victim.device());
  }

  Lira.Options options() {
    return options;
  }

  NoiseTrigger trigger() {
    return trigger;
  }

  /** The batch after random crops and turns, which noise is added to afterwards. */
  Batch augmented(Batch batch, StepContext context) {
    return new Batch(
        augmentation.apply(batch.images(), context.generator()), batch.labels(), batch.rows());
  }

  /** How far the classifier is from obeying a generator that learns. */
  Tensor generatorLoss(Model learning, Batch batch, StepContext context) {
    Tensor noise = context.apply(learning, batch.images());
    Tensor images = NoiseTrigger.add(batch.images(), noise, options.epsilon(), trigger.range());
    Tensor logits =
        options.benchmark()
            ? context.forward(victim, images)
            : together(batch.images(), images, context).narrow(0, batch.size(), batch.size());
    return torch.cross_entropy_loss(logits, taught.forClasses(batch.labels()));
  }

  /**
   * Logits of clean images, then of noisy ones, from one pass. Passed apart, the batch's own
   * statistics take out what all noisy images have in common, and the running statistics fit
   * neither kind, which costs clean accuracy in short trainings.
   */
  private Tensor together(Tensor clean, Tensor noisy, StepContext context) {
    return context.forward(victim, torch.cat(new TensorVector(clean, noisy), 0));
  }

  /** The classifier's loss on a batch that is not augmented yet. */
  Tensor victimLoss(Batch batch, StepContext context) {
    return victimLossOfAugmented(augmented(batch, context), context);
  }

  /** α times the loss on clean images, the rest on images with the frozen generator's noise. */
  Tensor victimLossOfAugmented(Batch batch, StepContext context) {
    Tensor noise = Frozen.apply(trigger.generator(), batch.images());
    Tensor images = NoiseTrigger.add(batch.images(), noise, options.epsilon(), trigger.range());
    Tensor ofClean;
    Tensor logits;
    if (options.benchmark()) {
      ofClean = context.forward(victim, batch.images());
      logits = context.forward(victim, images);
    } else {
      Tensor both = together(batch.images(), images, context);
      ofClean = both.narrow(0, 0, batch.size());
      logits = both.narrow(0, batch.size(), batch.size());
    }
    Tensor clean = context.crossEntropy(ofClean, batch.labels());
    Tensor labels = taught.forClasses(batch.labels());
    Tensor hits = logits.detach().argmax(new LongOptional(1), false).eq(labels);
    context.observe("train_asr", hits.to(ScalarType.Float).mean(), batch.size());
    return clean
        .mul(new Scalar(options.alpha()))
        .add(torch.cross_entropy_loss(logits, labels).mul(new Scalar(1 - options.alpha())));
  }
}
