package io.github.backdoor4j.core.nn;

import io.github.backdoor4j.core.tensor.TensorScope;
import java.util.Map;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/** One forward pass through a network: its state, its mode and its taps. */
public final class Pass {

  private static final TensorOptional ABSENT = new TensorOptional();

  static {
    ABSENT.retainReference(); // the class may be initialised inside a scope, which must not free it
  }

  private final Map<String, Tensor> parameters;
  private final Map<String, Tensor> buffers;
  private final boolean training;
  private final Taps taps;

  Pass(Map<String, Tensor> parameters, Map<String, Tensor> buffers, boolean training, Taps taps) {
    this.parameters = parameters;
    this.buffers = buffers;
    this.training = training;
    this.taps = taps;
  }

  /** Whether batch statistics are used and dropout acts. */
  public boolean training() {
    return training;
  }

  /** Passes a named output through the taps. */
  public Tensor tap(String name, Tensor output) {
    return taps.pass(name, output);
  }

  /** ReLU under a tap name of its own. */
  public Tensor relu(String name, Tensor x) {
    return tap(name, torch.relu(x));
  }

  /** A parameter by name. */
  public Tensor parameter(String name) {
    return java.util.Objects.requireNonNull(parameters.get(name), name);
  }

  /** A buffer by name. */
  public Tensor buffer(String name) {
    return java.util.Objects.requireNonNull(buffers.get(name), name);
  }

  TensorOptional optionalParameter(String name) {
    Tensor tensor = parameters.get(name);
    return tensor == null ? ABSENT : new TensorOptional(tensor);
  }

  TensorOptional optionalBuffer(String name) {
    return new TensorOptional(buffer(name));
  }

  /**
   * Runs one block in a memory scope of its own, so that intermediates which autograd does not need
   * are freed at once.
   */
  public Tensor block(Supplier<Tensor> code) {
    return TensorScope.scoped(code);
  }
}
