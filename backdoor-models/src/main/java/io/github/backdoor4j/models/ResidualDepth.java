package io.github.backdoor4j.models;

import java.util.List;

/**
 * How many blocks of which kind the residual networks of a given depth have.
 *
 * @param bottleneck whether blocks have three convolutions, of which the middle one is narrow
 * @param blocks per stage
 * @see <a href="https://arxiv.org/abs/1512.03385">He et al., Deep Residual Learning for Image
 *     Recognition, 2015, table 1</a>
 */
record ResidualDepth(boolean bottleneck, List<Integer> blocks) {

  static final ResidualDepth LAYERS_18 = new ResidualDepth(false, List.of(2, 2, 2, 2));
  static final ResidualDepth LAYERS_34 = new ResidualDepth(false, List.of(3, 4, 6, 3));
  static final ResidualDepth LAYERS_50 = new ResidualDepth(true, List.of(3, 4, 6, 3));

  private static final int BOTTLENECK = 4;

  ResidualDepth {
    blocks = List.copyOf(blocks);
  }

  /** One convolution of a block, padded so that only the stride changes the size. */
  record Convolution(int in, int out, int kernel, int stride) {
    int padding() {
      return kernel / 2;
    }
  }

  int stages() {
    return blocks.size();
  }

  /** Number of blocks of a stage; the first stage is 1. */
  int blocks(int stage) {
    return blocks.get(stage - 1);
  }

  /** Output channels of a block over the channels within it. */
  int expansion() {
    return bottleneck ? BOTTLENECK : 1;
  }

  /**
   * The convolutions of a block in order. A bottleneck strides in the middle, as all published
   * weights do and the paper does not.
   */
  List<Convolution> convolutions(int in, int channels, int stride) {
    return bottleneck
        ? List.of(
            new Convolution(in, channels, 1, 1),
            new Convolution(channels, channels, 3, stride),
            new Convolution(channels, channels * BOTTLENECK, 1, 1))
        : List.of(
            new Convolution(in, channels, 3, stride), new Convolution(channels, channels, 3, 1));
  }
}
