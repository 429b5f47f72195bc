package io.github.backdoor4j.core.nn;

import org.bytedeco.pytorch.Tensor;

/** Counts the images that go through a model and its copies. */
public final class PassMeter {

  private long images;
  private long withGradient;

  void passed(Tensor input, Tensor output) {
    long n = input.size(0);
    images += n;
    if (output.requires_grad()) {
      withGradient += n;
    }
  }

  /** What was counted so far. */
  public Passes passes() {
    return new Passes(images, withGradient);
  }
}
