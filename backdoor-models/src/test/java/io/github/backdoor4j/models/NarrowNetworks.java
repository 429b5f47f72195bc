package io.github.backdoor4j.models;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.record.Options;
import io.github.backdoor4j.core.spi.Architecture;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** A fixture: networks so narrow that all architectures together take seconds. */
final class NarrowNetworks {

  private static final Map<String, String> NARROW =
      Map.of(
          "width", "4",
          "growth", "6",
          "width_multiplier", "0.25",
          "depth_multiplier", "0.3",
          "image_size", "32");

  private NarrowNetworks() {}

  /** The defaults, with the least that the numbers of an architecture allow. */
  static <O extends Record> O options(Architecture<O> architecture, DatasetSpec data) {
    O options = architecture.defaults(data);
    for (Options.Description option : Options.describe(options)) {
      String narrow = NARROW.get(option.name());
      if (narrow != null) {
        boolean heads = option.range().endsWith("64"); // a transformer is no narrower
        options =
            Options.bind(architecture.id(), options, Map.of(option.name(), heads ? "64" : narrow));
      }
    }
    return options;
  }

  /**
   * Draws weights, and also those which start as zero, in order that no path through the network is
   * closed.
   */
  static Network initialized(Network network, Seed seed) {
    network.initialize(seed);
    return Tensors.withoutGradients(
        () -> {
          network.parameters().forEach((name, value) -> open(name, value, seed));
          return network;
        });
  }

  private static void open(String name, Tensor parameter, Seed seed) {
    try (TensorScope scope = TensorScope.open()) {
      boolean closed = name.endsWith("layer_scale") || !parameter.any().item_bool();
      if (closed && !name.endsWith("bias")) {
        parameter.copy_(
            Tensors.uniform(Tensors.generator(seed.child(name)), -1, 1, parameter.shape()));
      }
    }
  }
}
