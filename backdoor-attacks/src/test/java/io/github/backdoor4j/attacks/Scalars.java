package io.github.backdoor4j.attacks;

import org.bytedeco.pytorch.Scalar;

/** Whole numbers as the engine's scalars. */
final class Scalars {

  private Scalars() {}

  static Scalar of(long value) {
    return new Scalar(value);
  }
}
