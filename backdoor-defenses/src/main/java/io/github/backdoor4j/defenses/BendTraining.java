package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.Taps;
import io.github.backdoor4j.core.nn.Trainable;
import io.github.backdoor4j.core.spi.Fidelity;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.core.train.Batch;
import io.github.backdoor4j.core.train.BatchStep;
import io.github.backdoor4j.core.train.StepContext;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Trains a curve's bend: each batch lowers the loss at a point of the curve drawn uniformly. The
 * network lends its layers and its running statistics, which move; its weights stay.
 */
final class BendTraining implements Trainable, BatchStep {

  private final Network network;
  private final WeightCurve curve;
  private final Map<String, Tensor> gradientSums;

  /**
   * @param fidelity in the benchmark, gradients of the mixed weights are never set back to zero:
   *     each step follows the sum of all since the start
   */
  BendTraining(Network network, WeightCurve curve, Fidelity fidelity) {
    this.network = network;
    this.curve = curve;
    this.gradientSums =
        fidelity == Fidelity.BACKDOORBENCH
            ? WeightSpace.each(curve.bend(), bend -> torch.zeros_like(bend.detach()))
            : Map.of();
  }

  @Override
  public Tensor loss(Batch batch, StepContext context) {
    double t = Tensors.uniform(context.generator(), 0, 1, 1).item_double();
    return gradientSums.isEmpty()
        ? lossAt(curve.at(t), batch, context)
        : lossWithSummedGradients(t, batch, context);
  }

  private Tensor lossAt(Map<String, Tensor> weights, Batch batch, StepContext context) {
    Tensor logits = context.forward(network, batch.images(), Taps.none(), weights);
    return context.crossEntropy(logits, batch.labels());
  }

  private Tensor lossWithSummedGradients(double t, Batch batch, StepContext context) {
    Map<String, Tensor> mixed = WeightSpace.leaves(curve.at(t));
    Tensor loss = lossAt(mixed, batch, context);
    WeightSpace.gradients(loss, mixed)
        .forEach(
            (name, gradient) ->
                Objects.requireNonNull(gradientSums.get(name), name).add_(gradient));
    return WeightSpace.withGradient(
        loss, curve.bend(), WeightSpace.times(gradientSums, curve.bendShare(t)));
  }

  @Override
  public Map<String, Tensor> state() {
    Map<String, Tensor> state = new LinkedHashMap<>();
    gradientSums.forEach((name, sum) -> state.put("gradient_sum/" + name, sum));
    return state;
  }

  @Override
  public Map<String, Tensor> parameters() {
    return curve.bend();
  }

  @Override
  public Map<String, Tensor> buffers() {
    return network.buffers();
  }

  @Override
  public void training(boolean mode) {
    network.training(mode);
  }

  @Override
  public void noise(Seed seed) {
    network.noise(seed);
  }
}
