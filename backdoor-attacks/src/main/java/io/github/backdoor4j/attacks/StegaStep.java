package io.github.backdoor4j.attacks;

import io.github.backdoor4j.core.data.Normalization;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.core.train.Batch;
import io.github.backdoor4j.core.train.BatchStep;
import io.github.backdoor4j.core.train.StepContext;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * One step of StegaStamp's training: hides a random message in each image and reads it back. The
 * image counts for nothing, or little, until messages are read well; then its weight grows.
 */
final class StegaStep implements BatchStep {

  /** Share of bits read right from which on the image's weight grows. */
  private static final double READABLE = 0.9;

  private static final long NOT_YET = -1;

  private final StegaEncoder encoder;
  private final StegaDecoder decoder;
  private final Normalization normalization;
  private final Ramp ramp;
  private final int bits;
  private final Tensor sinceReadable = Tensors.ofLongs(new long[] {NOT_YET}, 1);

  /**
   * The weight of the image: first 0, at last {@code full}.
   *
   * @param full weight in the end
   * @param delay steps from readable messages to the begin of the rise
   * @param rise steps from 0 to the full weight
   */
  record Ramp(double full, int delay, int rise) {

    /** The weight some steps after messages became readable; negative steps if they are not. */
    double weight(long steps) {
      return Math.max(0, Math.min(full, full * (steps - delay) / rise));
    }
  }

  StegaStep(
      StegaEncoder encoder,
      StegaDecoder decoder,
      Normalization normalization,
      Ramp ramp,
      int bits) {
    this.encoder = encoder;
    this.decoder = decoder;
    this.normalization = normalization;
    this.ramp = ramp;
    this.bits = bits;
  }

  @Override
  public Map<String, Tensor> state() {
    Map<String, Tensor> state = new LinkedHashMap<>();
    state.put("since_readable", sinceReadable);
    return state;
  }

  @Override
  public Tensor loss(Batch batch, StepContext context) {
    Tensor unit = normalization.toUnit(batch.images());
    Tensor random = Tensors.integers(context.generator(), 0, 2, batch.size(), bits);
    Tensor message = context.device().place(random).to(ScalarType.Float);
    Tensor hidden = encoder.embed(unit, message);
    Tensor logits = decoder.apply(storable(hidden));
    Tensor distance = torch.mse_loss(hidden, unit);
    double weight = weight(logits, message);
    observe(batch, context, logits, message, distance, weight);
    return torch
        .binary_cross_entropy_with_logits(logits, message)
        .add(distance.mul(new Scalar(weight)));
  }

  /**
   * What leaves [0, 1] cannot be stored, so in the end the decoder must do without. Not from the
   * start: a residual encoder begins far outside, where a clamp has no gradient.
   */
  private Tensor storable(Tensor hidden) {
    boolean risen = sinceReadable.item_long() >= (long) ramp.delay() + ramp.rise();
    return encoder.residual() && risen ? Pgd.unit(hidden) : hidden;
  }

  private double weight(Tensor logits, Tensor message) {
    long steps = sinceReadable.item_long();
    if (steps == NOT_YET && accuracy(logits, message).item_double() > READABLE) {
      steps = 0;
    }
    double weight = ramp.weight(steps);
    if (steps != NOT_YET) {
      sinceReadable.fill_(new Scalar(steps + 1));
    }
    return weight;
  }

  private static void observe(
      Batch batch,
      StepContext context,
      Tensor logits,
      Tensor message,
      Tensor distance,
      double weight) {
    context.observe(StegaTraining.ACCURACY, accuracy(logits, message), batch.size());
    context.observe(StegaTraining.DISTANCE, distance, batch.size());
    context.observe(
        StegaTraining.WEIGHT, Tensors.ofFloats(new float[] {(float) weight}, 1).mean(), 1);
  }

  /** Share of bits that the logits tell right. */
  static Tensor accuracy(Tensor logits, Tensor message) {
    Tensor read = logits.detach().gt(new Scalar(0.0));
    return read.eq(message.gt(new Scalar(0.5))).to(ScalarType.Float).mean();
  }
}
