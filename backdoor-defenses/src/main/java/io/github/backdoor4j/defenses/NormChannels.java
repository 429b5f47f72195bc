package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.NotApplicableException;
import io.github.backdoor4j.core.nn.Layer;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The batch normalisations of a network, whose channels pruning defenses weigh and switch off.
 *
 * <p>A mask or noise is a map from layer name to a vector with one value per channel.
 */
final class NormChannels {

  private final Network network;
  private final List<Layer.BatchNorm2d> layers;

  private NormChannels(Network network, List<Layer.BatchNorm2d> layers) {
    this.network = network;
    this.layers = List.copyOf(layers);
  }

  /**
   * The normalisations of a network in declaration order.
   *
   * @param defense who asks, for the message
   * @throws NotApplicableException if there is none
   */
  static NormChannels of(Network network, String defense) {
    List<Layer.BatchNorm2d> found = new ArrayList<>();
    for (Layer layer : network.layers()) {
      if (layer instanceof Layer.BatchNorm2d norm) {
        found.add(norm);
      }
    }
    if (found.isEmpty()) {
      throw new NotApplicableException(
          "defense '%s' acts on the channels of batch normalisations, but the network has none",
          defense);
    }
    return new NormChannels(network, found);
  }

  List<Layer.BatchNorm2d> layers() {
    return layers;
  }

  /** Number of channels per layer. */
  Map<String, Integer> sizes() {
    Map<String, Integer> sizes = new LinkedHashMap<>();
    layers.forEach(layer -> sizes.put(layer.name(), layer.channels()));
    return sizes;
  }

  /** What a layer multiplies its standardised input with, γ. */
  double[] scales(Layer.BatchNorm2d layer) {
    return Tensors.toDoubles(parameter(layer, ".weight"));
  }

  /** A layer's running mean, or with {@code variance} its running variance. */
  double[] running(Layer.BatchNorm2d layer, boolean variance) {
    String name = layer.name() + (variance ? ".running_var" : ".running_mean");
    return Tensors.toDoubles(Objects.requireNonNull(network.buffers().get(name), name));
  }

  /** Copies of all scales and shifts, by parameter name, as {@link #restore} takes them. */
  Map<String, float[]> saved() {
    Map<String, float[]> saved = new LinkedHashMap<>();
    for (Layer.BatchNorm2d layer : layers) {
      for (String suffix : List.of(".weight", ".bias")) {
        saved.put(layer.name() + suffix, Tensors.toFloats(parameter(layer, suffix)));
      }
    }
    return saved;
  }

  /** Sets all scales and shifts to what they were. */
  void restore(Map<String, float[]> saved) {
    try (TensorScope scope = TensorScope.open()) {
      Tensors.withoutGradients(
          () -> {
            saved.forEach(
                (name, values) ->
                    Objects.requireNonNull(network.parameters().get(name), name)
                        .copy_(Tensors.ofFloats(values)));
            return true;
          });
    }
  }

  /** Every channel, layer by layer. */
  List<Channel> channels() {
    List<Channel> all = new ArrayList<>();
    for (Layer.BatchNorm2d layer : layers) {
      for (int c = 0; c < layer.channels(); c++) {
        all.add(new Channel(layer.name(), c));
      }
    }
    return all;
  }

  /** A vector filled with one value for every layer, on the network's device. */
  Map<String, Tensor> vectors(double value) {
    Map<String, Tensor> vectors = new LinkedHashMap<>();
    for (Layer.BatchNorm2d layer : layers) {
      vectors.put(
          layer.name(),
          network.device().place(torch.full(new long[] {layer.channels()}, new Scalar(value))));
    }
    return vectors;
  }

  /**
   * Parameter values for a pass in which scales and shifts are multiplied: scale γ·(m + δ), shift
   * β·(1 + ξ). Differentiable with respect to all three.
   *
   * @param mask m
   * @param scaleNoise δ; empty for none
   * @param shiftNoise ξ; empty for none
   */
  Map<String, Tensor> values(
      Map<String, Tensor> mask, Map<String, Tensor> scaleNoise, Map<String, Tensor> shiftNoise) {
    Map<String, Tensor> values = new LinkedHashMap<>(network.parameters());
    for (Layer.BatchNorm2d layer : layers) {
      Tensor factor = Objects.requireNonNull(mask.get(layer.name()), layer.name());
      Tensor noise = scaleNoise.get(layer.name());
      Tensor scale = parameter(layer, ".weight");
      values.put(layer.name() + ".weight", scale.mul(noise == null ? factor : factor.add(noise)));
      Tensor shiftFactor = shiftNoise.get(layer.name());
      if (shiftFactor != null) {
        Tensor shift = parameter(layer, ".bias");
        values.put(layer.name() + ".bias", shift.mul(shiftFactor.add(new Scalar(1.0))));
      }
    }
    return values;
  }

  /**
   * Switches channels off for good: scale 0, and shift 0 too if asked.
   *
   * @param shiftToo whether the channel shall also no longer emit its shift
   */
  void prune(Collection<Channel> channels, boolean shiftToo) {
    try (TensorScope scope = TensorScope.open()) {
      Tensors.withoutGradients(
          () -> {
            for (Channel channel : channels) {
              zero(channel, ".weight");
              if (shiftToo) {
                zero(channel, ".bias");
              }
            }
            return true;
          });
    }
  }

  private void zero(Channel channel, String suffix) {
    Tensor vector =
        Objects.requireNonNull(network.parameters().get(channel.layer() + suffix), channel.layer());
    vector.narrow(0, channel.index(), 1).zero_();
  }

  private Tensor parameter(Layer.BatchNorm2d layer, String suffix) {
    return Objects.requireNonNull(network.parameters().get(layer.name() + suffix), layer.name());
  }
}
