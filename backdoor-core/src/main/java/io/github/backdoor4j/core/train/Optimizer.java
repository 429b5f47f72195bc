package io.github.backdoor4j.core.train;

import io.github.backdoor4j.core.tensor.Tensors;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Updates parameters from gradients. Written over tensors rather than on libtorch's optimiser
 * objects, so that the state is named tensors that a checkpoint can hold.
 *
 * <p>State tensors belong to the scope in which the optimiser was made.
 */
abstract class Optimizer {

  private final Map<String, Tensor> parameters;
  private final Map<String, Tensor> state = new LinkedHashMap<>();
  private long steps;

  Optimizer(Map<String, Tensor> parameters) {
    this.parameters = parameters;
  }

  static Optimizer create(OptimizerSpec spec, Map<String, Tensor> parameters) {
    if (spec instanceof OptimizerSpec.Sgd sgd) {
      return new SgdOptimizer(sgd, parameters);
    }
    if (spec instanceof OptimizerSpec.Adam adam) {
      return new AdamOptimizer(adam, false, parameters);
    }
    OptimizerSpec.AdamW w = (OptimizerSpec.AdamW) spec;
    return new AdamOptimizer(
        new OptimizerSpec.Adam(
            w.learningRate(), w.beta1(), w.beta2(), w.epsilon(), w.weightDecay(), false),
        true,
        parameters);
  }

  /** Declares one zero-filled state tensor per parameter. */
  final void declare(String kind) {
    parameters.forEach((name, p) -> state.put(kind + "/" + name, torch.zeros_like(p.detach())));
  }

  final Tensor state(String kind, String name) {
    return java.util.Objects.requireNonNull(state.get(kind + "/" + name));
  }

  /** All state tensors by name. */
  final Map<String, Tensor> state() {
    return state;
  }

  final long steps() {
    return steps;
  }

  final void steps(long count) {
    steps = count;
  }

  /**
   * One step.
   *
   * @param gradients by parameter name; parameters without one stay as they are
   */
  final void step(Map<String, Tensor> gradients, double learningRate) {
    steps++;
    Tensors.withoutGradients(
        () -> {
          gradients.forEach(
              (name, gradient) ->
                  update(
                      name,
                      java.util.Objects.requireNonNull(parameters.get(name)),
                      gradient,
                      learningRate));
          return true;
        });
  }

  abstract void update(String name, Tensor parameter, Tensor gradient, double learningRate);

  private static final class SgdOptimizer extends Optimizer {
    private static final String VELOCITY = "velocity";
    private final OptimizerSpec.Sgd spec;

    SgdOptimizer(OptimizerSpec.Sgd spec, Map<String, Tensor> parameters) {
      super(parameters);
      this.spec = spec;
      if (spec.momentum() > 0) {
        declare(VELOCITY); // zero at first, so the first velocity is the gradient itself
      }
    }

    @Override
    void update(String name, Tensor w, Tensor gradient, double rate) {
      Tensor g =
          spec.weightDecay() == 0 ? gradient : gradient.add(w, new Scalar(spec.weightDecay()));
      if (spec.momentum() > 0) {
        Tensor v = state(VELOCITY, name).mul_(new Scalar(spec.momentum())).add_(g);
        g = spec.nesterov() ? g.add(v, new Scalar(spec.momentum())) : v;
      }
      w.add_(g, new Scalar(-rate));
    }
  }

  private static final class AdamOptimizer extends Optimizer {
    private static final String MEAN = "mean";
    private static final String SQUARE = "square";
    private static final String LARGEST = "largest";
    private final OptimizerSpec.Adam spec;
    private final boolean decoupled;

    AdamOptimizer(OptimizerSpec.Adam spec, boolean decoupled, Map<String, Tensor> parameters) {
      super(parameters);
      this.spec = spec;
      this.decoupled = decoupled;
      declare(MEAN);
      declare(SQUARE);
      if (spec.amsgrad()) {
        declare(LARGEST);
      }
    }

    @Override
    void update(String name, Tensor w, Tensor gradient, double rate) {
      Tensor g = gradient;
      if (decoupled) {
        w.mul_(new Scalar(1 - rate * spec.weightDecay()));
      } else if (spec.weightDecay() != 0) {
        g = g.add(w, new Scalar(spec.weightDecay()));
      }
      Tensor m = state(MEAN, name);
      m.mul_(new Scalar(spec.beta1())).add_(g, new Scalar(1 - spec.beta1()));
      Tensor s = state(SQUARE, name);
      s.mul_(new Scalar(spec.beta2())).addcmul_(g, g, new Scalar(1 - spec.beta2()));
      Tensor second = s;
      if (spec.amsgrad()) {
        Tensor largest = state(LARGEST, name);
        second = largest.copy_(torch.maximum(largest, s));
      }
      double correction1 = 1 - Math.pow(spec.beta1(), (double) steps());
      double correction2 = 1 - Math.pow(spec.beta2(), (double) steps());
      Tensor denominator =
          second.sqrt().div_(new Scalar(Math.sqrt(correction2))).add_(new Scalar(spec.epsilon()));
      w.addcdiv_(m, denominator, new Scalar(-rate / correction1));
    }
  }
}
