package io.github.backdoor4j.models;

import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorBase;
import org.bytedeco.pytorch.TensorTensorHook;
import org.bytedeco.pytorch.VoidTensorHook;
import org.jspecify.annotations.Nullable;

/**
 * Makes libtorch's autograd differentiate through DL4J. The binding has no custom functions, so two
 * hooks do their work: one takes the gradient that arrives at the logits, the other puts what DL4J
 * makes of it in place of the gradient of the images. First order only.
 */
final class Dl4jAutograd {

  /** Hooks that have fired. They are freed by the next pass: a hook must not free itself. */
  private final List<Pointer> fired = new ArrayList<>();

  private final Dl4jClassifier classifier;

  Dl4jAutograd(Dl4jClassifier classifier) {
    this.classifier = classifier;
  }

  /**
   * Logits N×K that know their gradient.
   *
   * @param images N×C×H×W, part of a graph
   */
  Tensor logits(Tensor images) {
    fired.forEach(Pointer::releaseReference);
    fired.clear();
    Step step = new Step(Dl4jArrays.ofImages(images));
    Tensor entrance = images.clone();
    entrance.register_hook(step.replace);
    // a path of zeros from images to logits, for the gradient to run along
    Tensor path =
        entrance
            .flatten(1, -1)
            .sum(new long[] {1}, true, new org.bytedeco.pytorch.ScalarTypeOptional())
            .mul(Tensors.scalar(0));
    Tensor logits = ComputeDevice.of(images).place(classifier.logits(step.input)).add(path);
    logits.register_hook(step.take);
    return logits;
  }

  /** One pass: what it saw, and the gradient on its way from one hook to the other. */
  private final class Step {

    private final Dl4jArrays input;
    private @Nullable Dl4jArrays arrived;
    private final Take take = new Take(this);
    private final Replace replace = new Replace(this);

    Step(Dl4jArrays input) {
      this.input = input;
      // the scope that is open now may close before the backward pass
      take.retainReference();
      replace.retainReference();
    }

    Tensor gradient(TensorBase replaced) {
      Dl4jArrays gradient = java.util.Objects.requireNonNull(arrived);
      fired.add(take);
      fired.add(replace);
      return ComputeDevice.of(new Tensor(replaced))
          .place(classifier.inputGradient(input, gradient));
    }
  }

  private static final class Take extends VoidTensorHook {
    private final Step step;

    Take(Step step) {
      this.step = step;
    }

    @Override
    public void call(TensorBase gradient) {
      step.arrived = Dl4jArrays.of(new Tensor(gradient));
    }
  }

  private static final class Replace extends TensorTensorHook {
    private final Step step;

    Replace(Step step) {
      this.step = step;
    }

    @Override
    public TensorBase call(TensorBase gradient) {
      return step.gradient(gradient);
    }
  }
}
