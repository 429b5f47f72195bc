package io.github.backdoor4j.core.nn;

import org.bytedeco.pytorch.Tensor;

/** Counts the images that go through a model and its copies, and work that no pass shows. */
public final class PassMeter {

  private long images;
  private long withGradient;
  private Passes more = Passes.NONE;

  void passed(Tensor input, Tensor output) {
    long n = input.size(0);
    images += n;
    if (output.requires_grad()) {
      withGradient += n;
    }
  }

  /** Adds work that is no pass, in passes that take as long. */
  public void add(Passes work) {
    more = more.plus(work);
  }

  /** What was counted so far. */
  public Passes passes() {
    return new Passes(images, withGradient).plus(more);
  }
}
