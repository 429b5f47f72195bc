package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.data.Normalization;
import io.github.backdoor4j.core.nn.Layer;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.Taps;
import io.github.backdoor4j.core.spi.DefenseContext;
import io.github.backdoor4j.core.tensor.TensorScope;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The largest value over all positions of what enters each batch normalisation, per image and
 * channel. Held for one group of layers at a time, so that memory stays bounded: as many passes
 * over the images as there are groups, usually one.
 *
 * @param context of the defense
 * @param network that is looked at
 * @param layers its normalisations
 * @param valuesAtOnce how many values, of four bytes, are held at a time
 */
record SpatialMaxima(
    DefenseContext context, Network network, List<Layer.BatchNorm2d> layers, long valuesAtOnce) {

  private static final long ONE_GIBIBYTE = 1L << 28;

  SpatialMaxima(DefenseContext context, Network network, List<Layer.BatchNorm2d> layers) {
    this(context, network, layers, ONE_GIBIBYTE);
  }

  /**
   * Applies a function to the maxima of each layer.
   *
   * @param images 8-bit
   * @param function of a tensor images × channels
   */
  Map<String, double[]> map(
      Tensor images, Normalization normalization, Function<Tensor, double[]> function) {
    Map<String, double[]> results = new LinkedHashMap<>();
    for (List<Layer.BatchNorm2d> group : groups(images.size(0))) {
      try (TensorScope scope = TensorScope.open()) {
        collect(group, images, normalization)
            .forEach((layer, maxima) -> results.put(layer, function.apply(maxima)));
      }
    }
    return results;
  }

  /** Neighbouring layers that fit into memory together; each group has one at least. */
  List<List<Layer.BatchNorm2d>> groups(long images) {
    List<List<Layer.BatchNorm2d>> groups = new ArrayList<>();
    long held = valuesAtOnce; // the first layer opens the first group
    for (Layer.BatchNorm2d layer : layers) {
      long values = images * layer.channels();
      if (groups.isEmpty() || held + values > valuesAtOnce) {
        groups.add(new ArrayList<>());
        held = 0;
      }
      groups.get(groups.size() - 1).add(layer);
      held += values;
    }
    return groups;
  }

  private Map<String, Tensor> collect(
      List<Layer.BatchNorm2d> group, Tensor images, Normalization normalization) {
    Map<String, Tensor> maxima = new LinkedHashMap<>();
    long[] row = {0};
    Taps taps = Taps.none();
    for (Layer.BatchNorm2d layer : group) {
      Tensor all = context.device().place(torch.zeros(images.size(0), layer.channels()));
      maxima.put(layer.name(), all);
      taps =
          taps.andInput(
              layer.name(),
              x -> all.narrow(0, row[0], x.size(0)).copy_(x.amax(new long[] {2, 3}, false)));
    }
    Taps reading = taps;
    context
        .inference()
        .map(
            images,
            normalization,
            x -> {
              Tensor logits = network.forward(x, reading);
              row[0] += x.size(0);
              return logits;
            },
            network);
    return maxima;
  }
}
