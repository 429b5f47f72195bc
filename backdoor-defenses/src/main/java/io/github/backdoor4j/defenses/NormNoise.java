package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.nn.Layer;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.Taps;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Precision;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Relative noise on scales and shifts of batch normalisations: scale γ·(m + δ), shift β·(1 + ξ).
 *
 * @param scale δ by layer
 * @param shift ξ by layer
 */
record NormNoise(Map<String, Tensor> scale, Map<String, Tensor> shift) {

  /** None at all. */
  static final NormNoise NONE = new NormNoise(Map.of(), Map.of());

  /** Uniform noise in ±{@code bound} for every channel, in the open scope. */
  static NormNoise uniform(
      List<Layer.BatchNorm2d> layers,
      double bound,
      GeneratorOptional generator,
      ComputeDevice device) {
    return new NormNoise(
        draw(layers, bound, generator, device), draw(layers, bound, generator, device));
  }

  private static Map<String, Tensor> draw(
      List<Layer.BatchNorm2d> layers,
      double bound,
      GeneratorOptional generator,
      ComputeDevice device) {
    Map<String, Tensor> drawn = new LinkedHashMap<>();
    for (Layer.BatchNorm2d layer : layers) {
      drawn.put(
          layer.name(), device.place(Tensors.uniform(generator, -bound, bound, layer.channels())));
    }
    return drawn;
  }

  /** What a loss depends on: a network under a mask on one batch. */
  record Setting(
      Network network,
      NormChannels channels,
      Map<String, Tensor> mask,
      Tensor images,
      Tensor labels,
      Precision precision) {

    /** Logits under some noise; differentiable with respect to mask and noise. */
    Tensor logits(NormNoise noise) {
      Map<String, Tensor> values = channels.values(mask, noise.scale(), noise.shift());
      return precision.forward(
          network.device(), () -> network.forward(images, Taps.none(), values));
    }

    /** Mean cross entropy under some noise. */
    Tensor loss(NormNoise noise) {
      return torch.cross_entropy_loss(logits(noise), labels);
    }

    private Setting withoutMaskGradients() {
      Map<String, Tensor> fixed = new LinkedHashMap<>();
      mask.forEach((layer, vector) -> fixed.put(layer, vector.detach()));
      return new Setting(network, channels, fixed, images, labels, precision);
    }
  }

  /**
   * This noise after one step of a given size along the sign of the loss's gradient, which raises
   * the loss. The noise is not projected: after one step from the edge it may be twice the bound.
   */
  NormNoise ascended(Setting setting, double size) {
    try (TensorScope scope = TensorScope.open()) {
      NormNoise moving = new NormNoise(leaves(scale), leaves(shift));
      Tensor loss = setting.withoutMaskGradients().loss(moving);
      Map<String, Tensor> all = moving.all();
      Tensor[] gradients = Tensors.gradients(loss, false, all.values().toArray(new Tensor[0]));
      int next = 0;
      for (Map.Entry<String, Tensor> entry : all.entrySet()) {
        Tensor step = gradients[next++].sign().mul(new Scalar(size));
        entry.setValue(scope.keep(entry.getValue().detach().add(step)));
      }
      return new NormNoise(part(all, "scale/"), part(all, "shift/"));
    }
  }

  private static Map<String, Tensor> leaves(Map<String, Tensor> tensors) {
    Map<String, Tensor> leaves = new LinkedHashMap<>();
    tensors.forEach((name, t) -> leaves.put(name, t.detach().clone().set_requires_grad(true)));
    return leaves;
  }

  private Map<String, Tensor> all() {
    Map<String, Tensor> all = new LinkedHashMap<>();
    scale.forEach((layer, tensor) -> all.put("scale/" + layer, tensor));
    shift.forEach((layer, tensor) -> all.put("shift/" + layer, tensor));
    return all;
  }

  private static Map<String, Tensor> part(Map<String, Tensor> all, String prefix) {
    Map<String, Tensor> part = new LinkedHashMap<>();
    all.forEach(
        (name, tensor) -> {
          if (name.startsWith(prefix)) {
            part.put(name.substring(prefix.length()), tensor);
          }
        });
    return part;
  }
}
