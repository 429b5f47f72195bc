package io.github.backdoor4j.attacks;

import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.data.LabelRule;
import io.github.backdoor4j.core.data.Normalization;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.core.train.Batch;
import io.github.backdoor4j.core.train.BatchStep;
import io.github.backdoor4j.core.train.StepContext;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * One training step of BppAttack: squeeze some rows, disturb others by what squeezing did to other
 * images, augment, classify.
 */
final class BppStep implements BatchStep {

  private static final double TOP = 255;

  private final Network victim;
  private final ImageDataset data;
  private final Normalization normalization;
  private final Bpp.Options options;
  private final BatchAugmentation augmentation;
  private final TaughtLabels taught;

  /**
   * @param data the clean training set, whose images lend their residuals
   */
  BppStep(Network victim, ImageDataset data, Bpp.Options options, LabelRule rule) {
    this.victim = victim;
    this.data = data.on(victim.device());
    this.normalization = data.spec().normalization();
    this.options = options;
    this.augmentation =
        new BatchAugmentation(
            options.cropPadding(),
            options.rotation(),
            data.spec().augmentation().horizontalFlip(),
            !options.benchmark());
    this.taught = TaughtLabels.of(rule, data.spec().classes(), victim.device());
  }

  @Override
  public Tensor loss(Batch batch, StepContext context) {
    GeneratorOptional generator = context.generator();
    BatchSplit split =
        BatchSplit.drawApart(options.ratio(), options.negativeRatio(), batch.size(), generator);
    long[] lenders = Tensors.toLongs(Tensors.integers(generator, 0, data.size(), split.cross()));
    PoisonedBatch mixed = mix(batch, split, lenders);
    Tensor logits = context.forward(victim, augmentation.apply(mixed.images(), generator));
    mixed.observe(logits, context);
    return context.crossEntropy(logits, mixed.labels());
  }

  /**
   * @param lenders one training image for each cross row, whose residual it gets
   */
  PoisonedBatch mix(Batch batch, BatchSplit split, long[] lenders) {
    return PoisonedBatch.mix(
        batch,
        split,
        taught,
        x -> normalized(options.quantizer().apply(levels(x))),
        x -> normalized(disturbed(levels(x), residuals(lenders))));
  }

  private static Tensor disturbed(Tensor levels, Tensor residuals) {
    return levels.add(residuals).clamp_min(new Scalar(0.0)).clamp_max(new Scalar(TOP));
  }

  /** What squeezing adds to images of the training set, in grey levels. */
  private Tensor residuals(long[] rows) {
    Tensor images = Tensors.rows(data.images(), rows);
    Tensor clean = images.to(ScalarType.Float);
    Tensor squeezed = options.quantizer().apply(clean);
    if (!options.benchmark()) {
      return squeezed.sub(clean);
    }
    // the benchmark reads both from image files, of which the clean ones are partly one level low
    Tensor stored = BenchmarkStore.toBytes(normalization.normalize(images), normalization);
    return EightBit.truncate(squeezed).to(ScalarType.Float).sub(stored.to(ScalarType.Float));
  }

  /** Grey levels of normalised images; whole numbers, since nothing augmented them yet. */
  private Tensor levels(Tensor images) {
    return torch.round(normalization.toUnit(images).mul(new Scalar(TOP)));
  }

  private Tensor normalized(Tensor levels) {
    return normalization.fromUnit(levels.div(new Scalar(TOP)));
  }
}
