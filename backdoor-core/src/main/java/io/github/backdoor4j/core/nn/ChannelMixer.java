package io.github.backdoor4j.core.nn;

import io.github.backdoor4j.core.tensor.Seed;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * A 1×1 convolution without bias, then a batch normalisation: each channel becomes a weighted sum
 * of all channels at the same pixel. Starts as the identity but for the normalisation's epsilon.
 * Made to be put into a network that is there already: see {@link NetworkWithMixer}.
 */
public final class ChannelMixer extends Model {

  private final String name;
  private final Layer.Conv2d conv;
  private final Layer.BatchNorm2d norm;

  /**
   * A mixer that changes nothing yet.
   *
   * @param name of the mixer; its layers are {@code NAME.conv} and {@code NAME.bn}
   * @param channels C of input and output N×C×h×w
   */
  public ChannelMixer(String name, int channels) {
    this.name = name;
    this.conv = conv2d(name + ".conv", channels, channels, 1, 1, 0, false);
    this.norm = batchNorm2d(name + ".bn", channels);
    initializeBy(
        conv.name() + ".weight",
        (generator, shape) -> torch.eye(shape[0]).view(shape[0], shape[0], 1, 1));
    initialize(new Seed(0)); // draws nothing
  }

  @Override
  protected Tensor forward(Pass pass, Tensor x) {
    return norm.apply(pass, conv.apply(pass, x));
  }

  /** Output in the current mode; in training mode the running statistics stay as they are. */
  public Tensor applyKeepingStatistics(Tensor x) {
    Map<String, Tensor> values = new LinkedHashMap<>(parameters());
    buffers().forEach((name, statistic) -> values.put(name, statistic.clone()));
    return apply(x, Taps.none(), values);
  }

  /** Name of the mixer, before those of its layers. */
  public String name() {
    return name;
  }

  /** C of input and output. */
  public int channels() {
    return conv.out();
  }

  /** Weight of each input channel in each output channel, C×C×1×1. */
  public Tensor mixing() {
    return Objects.requireNonNull(parameters().get(conv.name() + ".weight"));
  }

  /** Name under which what leaves the mixer can be tapped. */
  String output() {
    return norm.name();
  }
}
