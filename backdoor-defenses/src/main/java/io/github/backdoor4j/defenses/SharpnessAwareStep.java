package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.Taps;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.core.train.Batch;
import io.github.backdoor4j.core.train.BatchStep;
import io.github.backdoor4j.core.train.StepContext;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Sharpness-aware minimisation: follows the gradient not at the weights θ but at θ + e, the point
 * nearby where the loss rises most steeply. Two passes with gradients per batch.
 *
 * <p>Running statistics move in the first pass only. The loss reported is the one at θ; the one at
 * θ + e is metered as {@code perturbed_loss}.
 *
 * @see <a href="https://arxiv.org/abs/2102.11600">Kwon et al., ASAM: Adaptive Sharpness-Aware
 *     Minimization, ICML 2021</a>
 */
final class SharpnessAwareStep implements BatchStep {

  private static final double TINY = 1e-12; // keeps a gradient of zero from dividing by zero

  private final Network network;
  private final Ball ball;
  private final LabelSmoothing labels;
  private final double gapWeight;

  /**
   * @param gapWeight α of {@link #withoutGap}
   */
  SharpnessAwareStep(Network network, Ball ball, LabelSmoothing labels, double gapWeight) {
    this.network = network;
    this.ball = ball;
    this.labels = labels;
    this.gapWeight = gapWeight;
  }

  /**
   * Where the steepest point is looked for.
   *
   * @param radius ρ
   * @param adaptive whether the ball is scaled by each weight's own size
   */
  record Ball(double radius, boolean adaptive) {

    /** e = ρ·θ²⊙g / ‖|θ|⊙g‖, norm over all weights; with equal scales e = ρ·g / ‖g‖. */
    Map<String, Tensor> steepest(Map<String, Tensor> weights, Map<String, Tensor> gradients) {
      return Tensors.withoutGradients(
          () -> {
            Map<String, Tensor> scaled =
                adaptive ? WeightSpace.pairs(weights, gradients, Ball::sized) : gradients;
            Tensor norm = WeightSpace.norm(scaled).add(new Scalar(TINY));
            Tensor factor = norm.reciprocal().mul(new Scalar(radius));
            Map<String, Tensor> direction =
                adaptive ? WeightSpace.pairs(weights, scaled, Ball::sized) : gradients;
            return WeightSpace.each(direction, tensor -> tensor.mul(factor));
          });
    }

    private static Tensor sized(Tensor weight, Tensor gradient) {
      return weight.abs().mul(gradient);
    }
  }

  @Override
  public Tensor loss(Batch batch, StepContext context) {
    Map<String, Tensor> weights = new LinkedHashMap<>(network.parameters());
    weights.values().removeIf(weight -> !weight.requires_grad());
    Tensor logits = context.forward(network, batch.images());
    Tensor loss = labels.divergence(context.crossEntropy(logits, batch.labels()), logits);
    Map<String, Tensor> plain = WeightSpace.gradients(loss, weights);
    Map<String, Tensor> perturbed = perturbedGradients(batch, context, weights, plain);
    Map<String, Tensor> direction =
        gapWeight == 0 ? perturbed : withoutGap(plain, perturbed, gapWeight);
    return WeightSpace.withGradient(loss, weights, direction);
  }

  private Map<String, Tensor> perturbedGradients(
      Batch batch, StepContext context, Map<String, Tensor> weights, Map<String, Tensor> plain) {
    Map<String, Tensor> there =
        WeightSpace.leaves(
            WeightSpace.pairs(
                WeightSpace.detached(weights), ball.steepest(weights, plain), Tensor::add));
    Map<String, Tensor> values = new LinkedHashMap<>(network.parameters());
    values.putAll(there);
    // statistics of this pass go into copies that nobody keeps
    network.buffers().forEach((name, buffer) -> values.put(name, buffer.clone()));
    Tensor logits = context.forward(network, batch.images(), Taps.none(), values);
    Tensor loss = labels.divergence(torch.cross_entropy_loss(logits, batch.labels()), logits);
    context.observe("perturbed_loss", loss, 1);
    return WeightSpace.gradients(loss, there);
  }

  /**
   * g′ − α·g⊥, where g⊥ is the part of g orthogonal to g′: also lowers the gap between the loss at
   * θ + e and that at θ.
   *
   * @see <a href="https://arxiv.org/abs/2203.08065">Zhuang et al., Surrogate Gap Minimization
   *     Improves Sharpness-Aware Training, ICLR 2022</a>
   */
  static Map<String, Tensor> withoutGap(
      Map<String, Tensor> plain, Map<String, Tensor> perturbed, double weight) {
    Tensor square = WeightSpace.product(perturbed, perturbed).add(new Scalar(TINY));
    Tensor share = WeightSpace.product(plain, perturbed).div(square);
    return WeightSpace.pairs(
        perturbed,
        plain,
        (there, here) -> there.sub(here.sub(there.mul(share)).mul(new Scalar(weight))));
  }
}
