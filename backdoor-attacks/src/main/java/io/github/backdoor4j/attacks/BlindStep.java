package io.github.backdoor4j.attacks;

import io.github.backdoor4j.core.data.Normalization;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.core.train.Batch;
import io.github.backdoor4j.core.train.BatchStep;
import io.github.backdoor4j.core.train.StepContext;
import java.util.Map;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The compromised loss of Blind: once the model has learnt enough, a triggered copy of each batch
 * is classified as the target besides.
 */
final class BlindStep implements BatchStep {

  private final Network victim;
  private final Blind.Options options;
  private final Normalization normalization;
  private final LossHistory normalLosses;

  /**
   * @param normalization that turns the pattern's colours into values
   * @param history batches that are looked back on
   */
  BlindStep(Network victim, Blind.Options options, Normalization normalization, int history) {
    this.victim = victim;
    this.options = options;
    this.normalization = normalization;
    this.normalLosses = new LossHistory(history);
  }

  @Override
  public Map<String, Tensor> state() {
    return normalLosses.state();
  }

  @Override
  public Tensor loss(Batch batch, StepContext context) {
    boolean active = normalLosses.below(options.threshold());
    context.observe("attack_active", torch.full(new long[0], Tensors.scalar(active ? 1 : 0)), 1);
    if (!active) {
      return normal(context.forward(victim, batch.images()), batch, context);
    }
    Tensor triggered = options.pattern().stampNormalized(batch.images(), normalization);
    Tensor backdoor;
    Tensor normal;
    if (options.benchmark()) { // backdoor first, as each moves the running statistics
      backdoor = backdoor(context.forward(victim, triggered), batch, context);
      normal = normal(context.forward(victim, batch.images()), batch, context);
    } else {
      Tensor both = torch.cat(new TensorVector(triggered, batch.images()), 0);
      Tensor logits = context.forward(victim, both);
      backdoor = backdoor(logits.narrow(0, 0, batch.size()), batch, context);
      normal = normal(logits.narrow(0, batch.size(), batch.size()), batch, context);
    }
    return weighed(backdoor, normal, context);
  }

  private Tensor normal(Tensor logits, Batch batch, StepContext context) {
    Tensor loss = context.crossEntropy(logits, batch.labels());
    normalLosses.add(loss.detach().item_double());
    return loss;
  }

  private Tensor backdoor(Tensor logits, Batch batch, StepContext context) {
    Tensor labels = torch.full_like(batch.labels(), new Scalar((long) options.target()));
    Tensor hits = logits.detach().argmax(new LongOptional(1), false).eq(labels);
    context.observe("train_asr", hits.to(ScalarType.Float).mean(), batch.size());
    return torch.cross_entropy_loss(logits, labels);
  }

  private Tensor weighed(Tensor backdoor, Tensor normal, StepContext context) {
    if (options.balance() == Blind.Balance.FIXED) {
      return backdoor
          .mul(new Scalar(options.backdoorScale()))
          .add(normal.mul(new Scalar(options.normalScale())));
    }
    Tensor[] parameters = victim.parameters().values().toArray(new Tensor[0]);
    double share = MinNormSolver.weight(backdoor, normal, parameters);
    context.observe("backdoor_weight", torch.full(new long[0], Tensors.scalar(share)), 1);
    return backdoor.mul(new Scalar(share)).add(normal.mul(new Scalar(1 - share)));
  }
}
