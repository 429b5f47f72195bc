package io.github.backdoor4j.attacks;

import io.github.backdoor4j.core.train.Batch;
import io.github.backdoor4j.core.train.BatchStep;
import io.github.backdoor4j.core.train.BatchStream;
import io.github.backdoor4j.core.train.StepContext;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** First phase of Input-aware: masks that cover little and differ from image to image. */
final class MaskStep implements BatchStep {

  private final PatternGenerator mask;
  private final BatchStream others;
  private final InputAware.Options options;

  /**
   * @param others a second stream over the same data, batch for batch
   */
  MaskStep(PatternGenerator mask, BatchStream others, InputAware.Options options) {
    this.mask = mask;
    this.others = others;
    this.options = options;
  }

  @Override
  public Tensor loss(Batch batch, StepContext context) {
    Batch other = others.batch(context.epoch(), context.step());
    Tensor one = MaskedPatternTrigger.sharpened(context.apply(mask, batch.images()));
    Tensor two = MaskedPatternTrigger.sharpened(context.apply(mask, other.images()));
    context.observe("mask_density", one.mean(), batch.size());
    Tensor excess = torch.relu(one.sub(new Scalar(options.density()))).mean();
    Tensor diversity = Diversity.loss(batch.images(), other.images(), one, two);
    return excess
        .mul(new Scalar(options.sparsity()))
        .add(diversity.mul(new Scalar(options.diversity())));
  }
}
