package io.github.backdoor4j.attacks;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Ways from real grey levels to stored ones. Inputs are floats of any shape, in grey levels. */
final class EightBit {

  private static final int TOP = 255;
  private static final int LEVELS = 256;

  private EightBit() {}

  /** Nearest level, halves to even; what lies outside 0 to 255 takes the nearer end. */
  static Tensor round(Tensor levels) {
    return clamp(levels.round()).to(ScalarType.Byte);
  }

  /** Next level towards zero; what lies outside 0 to 255 takes the nearer end. */
  static Tensor truncate(Tensor levels) {
    return clamp(levels).to(ScalarType.Byte);
  }

  /**
   * Next level towards zero, modulo 256: what a cast to unsigned bytes does to values out of range
   * in the reference code, so that dark becomes bright. −0.7 gives 0, −1.2 gives 255, 330 gives 74.
   */
  static Tensor wrap(Tensor levels) {
    // by way of integers, because the direct cast is undefined outside the range
    return levels.to(ScalarType.Int).remainder(new Scalar(LEVELS)).to(ScalarType.Byte);
  }

  private static Tensor clamp(Tensor levels) {
    return levels.clamp_min(new Scalar(0)).clamp_max(new Scalar(TOP));
  }
}
