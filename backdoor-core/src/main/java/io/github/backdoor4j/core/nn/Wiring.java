package io.github.backdoor4j.core.nn;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** Watches one pass, to see which layer's output is which layer's input. */
final class Wiring {

  private record Output(Layer.Conv2d conv, Tensor tensor) {}

  private final @Nullable PointerScope scope = PointerScope.getInnerScope();
  private final List<Output> outputs = new ArrayList<>();
  private final List<ConvNorm> pairs = new ArrayList<>();
  private final Set<String> entered = new HashSet<>();
  private long multiplications;

  void left(Layer layer, Tensor output) {
    multiplications += layer.multiplications(output);
    if (!(layer instanceof Layer.Conv2d conv)) {
      return;
    }
    // kept alive beyond the block it is made in, so that no other tensor takes its place
    if (scope != null) {
      scope.attach(output);
    }
    outputs.add(new Output(conv, output));
  }

  void entered(Layer.BatchNorm2d norm, Tensor input) {
    for (Output output : outputs) {
      if (output.tensor().is_same(input) && entered.add(norm.name())) {
        pairs.add(new ConvNorm(output.conv(), norm));
      }
    }
  }

  /** Products in all convolutions and affine layers of the pass. */
  long multiplications() {
    return multiplications;
  }

  List<ConvNorm> pairs() {
    return List.copyOf(pairs);
  }
}
