package io.github.backdoor4j.attacks;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.nn.Model;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.train.Batch;
import io.github.backdoor4j.core.train.StepContext;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
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
    Tensor logits = context.forward(victim, images);
    return torch.cross_entropy_loss(logits, taught.forClasses(batch.labels()));
  }

  /** The classifier's loss on a batch that is not augmented yet. */
  Tensor victimLoss(Batch batch, StepContext context) {
    return victimLossOfAugmented(augmented(batch, context), context);
  }

  /** α times the loss on clean images, the rest on images with the frozen generator's noise. */
  Tensor victimLossOfAugmented(Batch batch, StepContext context) {
    Tensor clean = context.crossEntropy(context.forward(victim, batch.images()), batch.labels());
    Tensor noise = Frozen.apply(trigger.generator(), batch.images());
    Tensor images = NoiseTrigger.add(batch.images(), noise, options.epsilon(), trigger.range());
    Tensor logits = context.forward(victim, images);
    Tensor labels = taught.forClasses(batch.labels());
    Tensor hits = logits.detach().argmax(new LongOptional(1), false).eq(labels);
    context.observe("train_asr", hits.to(ScalarType.Float).mean(), batch.size());
    return clean
        .mul(new Scalar(options.alpha()))
        .add(torch.cross_entropy_loss(logits, labels).mul(new Scalar(1 - options.alpha())));
  }
}
