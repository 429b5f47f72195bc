package io.github.backdoor4j.core.nn;

import static io.github.backdoor4j.core.Checks.require;

import java.util.HashMap;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Reads layer outputs during forward passes. What it holds lives as long as the scope that was open
 * when the recorder was made, and is replaced by the next pass.
 */
public final class Recorder {

  private final Map<String, Tensor> outputs = new HashMap<>();
  private final @Nullable PointerScope scope = PointerScope.getInnerScope();
  private Taps taps = Taps.none();

  /** Records the outputs of the given taps. */
  public Recorder(String... names) {
    for (String name : names) {
      taps = taps.and(name, output -> record(name, output));
    }
  }

  private Tensor record(String name, Tensor output) {
    if (scope != null) {
      scope.attach(output); // blocks of a network run in scopes of their own
    }
    outputs.put(name, output);
    return output;
  }

  /** The taps to pass to {@link Network#forward(Tensor, Taps)}. */
  public Taps taps() {
    return taps;
  }

  /** The output recorded last under a name. */
  public Tensor get(String name) {
    Tensor output = outputs.get(name);
    require(output != null, "nothing was recorded at '%s': run a forward pass with taps()", name);
    return java.util.Objects.requireNonNull(output);
  }
}
