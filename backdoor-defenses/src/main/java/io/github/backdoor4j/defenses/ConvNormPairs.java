package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.nn.ConvNorm;
import io.github.backdoor4j.core.nn.Layer;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.Taps;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** Which convolution is judged together with which batch normalisation. */
final class ConvNormPairs {

  private static final double CLOSE = 1e-3; // of a sum of 32-bit values around 1

  private final Network network;

  ConvNormPairs(Network network) {
    this.network = network;
  }

  /**
   * Each normalisation with the last convolution declared before it, as the benchmark pairs them;
   * those with unequal numbers of channels, on which it fails, are left out.
   */
  List<ConvNorm> inOrderOfDeclaration() {
    List<ConvNorm> pairs = new ArrayList<>();
    Layer.@Nullable Conv2d last = null;
    for (Layer layer : network.layers()) {
      if (layer instanceof Layer.Conv2d conv) {
        last = conv;
      } else if (layer instanceof Layer.BatchNorm2d norm
          && last != null
          && last.out() == norm.channels()) {
        pairs.add(new ConvNorm(last, norm));
      }
    }
    return pairs;
  }

  /**
   * The pairs with nothing between.
   *
   * @param sumsToo also normalisations whose input is a sum, each with the last convolution of a
   *     pass whose output is a term of it
   */
  List<ConvNorm> exact(boolean sumsToo) {
    List<ConvNorm> pairs = new ArrayList<>(network.convNormPairs());
    if (sumsToo) {
      Set<Layer.BatchNorm2d> open = new LinkedHashSet<>();
      for (Layer layer : network.layers()) {
        if (layer instanceof Layer.BatchNorm2d norm) {
          open.add(norm);
        }
      }
      pairs.forEach(pair -> open.remove(pair.norm()));
      lastTerms(open).forEach((norm, conv) -> pairs.add(new ConvNorm(conv, norm)));
    }
    return pairs;
  }

  /**
   * The output of a convolution is a term of a sum if adding one to it adds one to the sum, and
   * nothing else. Seen in passes of one image of noise.
   */
  private Map<Layer.BatchNorm2d, Layer.Conv2d> lastTerms(Set<Layer.BatchNorm2d> norms) {
    Map<Layer.BatchNorm2d, Layer.Conv2d> terms = new LinkedHashMap<>();
    List<Layer.Conv2d> order = new ArrayList<>();
    Taps watch = Taps.none();
    for (Layer layer : network.layers()) {
      if (layer instanceof Layer.Conv2d conv) {
        watch = watch.and(conv.name(), y -> seen(order, conv, y));
      }
    }
    Map<Layer.BatchNorm2d, float[]> before = inputs(norms, watch);
    for (Layer.Conv2d conv : order) {
      Taps more = Taps.at(conv.name(), y -> y.add(new Scalar(1.0)));
      inputs(norms, more)
          .forEach(
              (norm, input) -> {
                if (liesOneAbove(input, Objects.requireNonNull(before.get(norm)))) {
                  terms.put(norm, conv); // the last one stays
                }
              });
    }
    return terms;
  }

  private static Tensor seen(List<Layer.Conv2d> order, Layer.Conv2d conv, Tensor output) {
    order.add(conv);
    return output;
  }

  private Map<Layer.BatchNorm2d, float[]> inputs(Set<Layer.BatchNorm2d> norms, Taps others) {
    Map<Layer.BatchNorm2d, float[]> inputs = new LinkedHashMap<>();
    Taps taps = others;
    for (Layer.BatchNorm2d norm : norms) {
      taps = taps.andInput(norm.name(), x -> inputs.put(norm, Tensors.toFloats(x)));
    }
    ImageShape shape = network.spec().input();
    try (TensorScope scope = TensorScope.open()) {
      Taps all = taps;
      Tensor noise =
          Tensors.uniform(
              Tensors.generator(new Seed(0)),
              -1,
              1,
              1,
              shape.channels(),
              shape.height(),
              shape.width());
      Tensors.withoutGradients(() -> network.forward(network.device().place(noise), all));
    }
    return inputs;
  }

  private static boolean liesOneAbove(float[] now, float[] before) {
    for (int i = 0; i < now.length; i++) {
      if (!(Math.abs(now[i] - before[i] - 1) < CLOSE)) {
        return false;
      }
    }
    return true;
  }
}
