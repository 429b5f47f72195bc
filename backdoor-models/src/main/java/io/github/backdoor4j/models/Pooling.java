package io.github.backdoor4j.models;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Pooling with the arguments that libtorch's Java face makes long. */
final class Pooling {

  private static final long[] TWO = {2, 2};
  private static final long[] ONE = {1, 1};

  private Pooling() {}

  /** The largest of each 3×3 pixels, in steps of 2, padded by 1. */
  static Tensor max3x3(Tensor x) {
    return torch.max_pool2d(x, new long[] {3, 3}, TWO, ONE, ONE, false);
  }

  /** The largest of each 2×2 pixels; odd sizes lose their last row or column. */
  static Tensor max2x2(Tensor x) {
    return torch.max_pool2d(x, 2, 2);
  }

  /** The mean of each 2×2 pixels; odd sizes lose their last row or column. */
  static Tensor mean2x2(Tensor x) {
    return torch.avg_pool2d(x, 2, 2);
  }
}
