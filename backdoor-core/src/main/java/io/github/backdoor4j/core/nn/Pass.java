package io.github.backdoor4j.core.nn;

import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

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
  private final Seed noise;
  private final long number;
  private final @Nullable Wiring wiring;
  private final @Nullable PointerScope scope = PointerScope.getInnerScope();
  private @Nullable GeneratorOptional generator;

  Pass(
      Map<String, Tensor> parameters,
      Map<String, Tensor> buffers,
      boolean training,
      Taps taps,
      Seed noise,
      long number,
      @Nullable Wiring wiring) {
    this.parameters = parameters;
    this.buffers = buffers;
    this.training = training;
    this.taps = taps;
    this.noise = noise;
    this.number = number;
    this.wiring = wiring;
  }

  /** Whether batch statistics are used and dropout acts. */
  public boolean training() {
    return training;
  }

  /** Whether something waits at a tap, for networks whose outputs are dear to hand over. */
  public boolean tapped(String name) {
    return taps.names().contains(name);
  }

  /** The same pass with one more tap, behind those that are there. */
  Pass and(String name, UnaryOperator<Tensor> operator) {
    return new Pass(parameters, buffers, training, taps.and(name, operator), noise, number, wiring);
  }

  /** Passes a named output through the taps. */
  public Tensor tap(String name, Tensor output) {
    return taps.pass(name, output);
  }

  /** ReLU under a tap name of its own. */
  public Tensor relu(String name, Tensor x) {
    return tap(name, torch.relu(x));
  }

  /**
   * In training, sets each value to zero with a probability and scales the others up; else nothing.
   */
  public Tensor dropout(Tensor x, double probability) {
    return drop(x, probability, x.shape());
  }

  /**
   * In training, sets whole samples to zero with a probability and scales the others up; else
   * nothing. For residual branches.
   *
   * @see <a href="https://arxiv.org/abs/1603.09382">Huang et al., Deep Networks with Stochastic
   *     Depth, 2016</a>
   */
  public Tensor dropSamples(Tensor x, double probability) {
    long[] shape = new long[(int) x.dim()];
    java.util.Arrays.fill(shape, 1);
    shape[0] = x.size(0);
    return drop(x, probability, shape);
  }

  private Tensor drop(Tensor x, double probability, long[] shape) {
    if (!training || probability == 0) {
      return x;
    }
    if (generator == null) {
      generator = Tensors.generator(noise.child("pass", number));
      if (scope != null) {
        scope.attach(generator); // a block's own scope would free it before the next block draws
      }
    }
    Tensor kept = Tensors.uniform(generator, 0, 1, shape).ge(new Scalar(probability));
    Tensor mask = ComputeDevice.of(x).place(kept).to(x.scalar_type());
    return x.mul(mask.div_(new Scalar(1 - probability)));
  }

  Tensor left(Layer layer, Tensor output) {
    if (wiring != null) {
      wiring.left(layer, output);
    }
    return output;
  }

  void entered(Layer.BatchNorm2d layer, Tensor input) {
    if (wiring != null) {
      wiring.entered(layer, input);
    }
    taps.enter(layer.name(), input);
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

  TensorOptional noTensor() {
    return ABSENT;
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
