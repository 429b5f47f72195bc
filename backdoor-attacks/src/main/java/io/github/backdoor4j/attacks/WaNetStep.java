package io.github.backdoor4j.attacks;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.LabelRule;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.core.train.Batch;
import io.github.backdoor4j.core.train.BatchStep;
import io.github.backdoor4j.core.train.StepContext;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;

/** One training step of WaNet: warp some rows, warp others with noise, augment, classify. */
final class WaNetStep implements BatchStep {

  private final Network victim;
  private final WaNet.Options options;
  private final BatchAugmentation augmentation;
  private final Tensor grid;
  private final TaughtLabels taught;

  WaNetStep(Network victim, DatasetSpec data, WaNet.Options options, Warp warp, LabelRule rule) {
    this.victim = victim;
    this.options = options;
    this.augmentation =
        new BatchAugmentation(
            options.cropPadding(),
            options.rotation(),
            data.augmentation().horizontalFlip(),
            !options.benchmark());
    ComputeDevice device = victim.device();
    this.grid = warp.grid(data.shape().height(), data.shape().width(), device);
    this.taught = TaughtLabels.of(rule, data.classes(), device);
  }

  @Override
  public Tensor loss(Batch batch, StepContext context) {
    BatchSplit split =
        BatchSplit.draw(options.ratio(), options.crossRatio(), batch.size(), context.generator());
    PoisonedBatch mixed = mix(batch, split, context.generator());
    Tensor images = augmentation.apply(mixed.images(), context.generator());
    Tensor logits = context.forward(victim, images);
    mixed.observe(logits, context);
    return context.crossEntropy(logits, mixed.labels());
  }

  PoisonedBatch mix(Batch batch, BatchSplit split, GeneratorOptional generator) {
    return PoisonedBatch.mix(
        batch, split, taught, x -> Warp.apply(x, grid), x -> disturbed(x, generator));
  }

  private Tensor disturbed(Tensor images, GeneratorOptional generator) {
    Tensor noise = Tensors.uniform(generator, -1, 1, images.size(0), grid.size(1), grid.size(2), 2);
    return Warp.apply(images, Warp.disturbed(grid, ComputeDevice.of(grid).place(noise)));
  }
}
