package io.github.backdoor4j.attacks;

import io.github.backdoor4j.core.nn.Layer;
import io.github.backdoor4j.core.nn.Model;
import io.github.backdoor4j.core.nn.Pass;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The generator of Input-aware (section 3.3 and its appendix): three halvings and three doublings
 * of the image around blocks of convolution, batch normalisation and ReLU. From normalised images
 * N×C×H×W to values in (0, 1), N×O×H×W.
 */
final class PatternGenerator extends Model {

  /** Keeps the result below 1, as the authors do. */
  private static final double EPSILON = 1e-7;

  private static final double MOMENTUM = 0.05;
  private static final int STAGES = 3;

  private final List<List<Block>> down = new ArrayList<>();
  private final Block bottom;
  private final List<List<Block>> up = new ArrayList<>();
  private final boolean doubleTanh;

  private record Block(Layer convolution, Layer norm) {

    Tensor apply(Pass pass, Tensor x) {
      return norm.apply(pass, convolution.apply(pass, x));
    }
  }

  /**
   * @param in channels of the images
   * @param out channels of the result
   * @param width channels of the first stage, 32 in the paper
   * @param doubleTanh whether tanh is applied twice, as in the benchmark, so that results lie in
   *     (0.12, 0.88)
   */
  PatternGenerator(int in, int out, int width, boolean doubleTanh) {
    this.doubleTanh = doubleTanh;
    int channels = in;
    for (int stage = 0; stage < STAGES; stage++) {
      int next = width << stage;
      down.add(pair("down" + (stage + 1), channels, next, next));
      channels = next;
    }
    this.bottom = block("bottom", channels, channels);
    for (int stage = STAGES; stage > 1; stage--) {
      up.add(pair("up" + stage, channels, channels, channels / 2));
      channels /= 2;
    }
    up.add(pair("up1", channels, channels, out));
  }

  private List<Block> pair(String name, int in, int middle, int out) {
    return List.of(block(name + ".1", in, middle), block(name + ".2", middle, out));
  }

  private Block block(String name, int in, int out) {
    return new Block(
        conv2d(name + ".conv", in, out, 3, 1, 1, true),
        batchNorm2d(name + ".bn", out, 1e-5, MOMENTUM));
  }

  @Override
  protected Tensor forward(Pass pass, Tensor x) {
    Deque<long[]> sides = new ArrayDeque<>();
    Tensor h = x;
    for (List<Block> stage : down) {
      Tensor input = h;
      sides.push(new long[] {h.size(2), h.size(3)});
      h = pass.block(() -> torch.max_pool2d(twice(pass, stage, input, true), 2, 2));
    }
    h = torch.relu(bottom.apply(pass, h));
    for (int stage = 0; stage < STAGES; stage++) {
      Tensor input = h;
      long[] size = sides.pop(); // twice the side, or the odd side that was halved
      List<Block> blocks = up.get(stage);
      boolean last = stage == STAGES - 1;
      h =
          pass.block(
              () -> twice(pass, blocks, torch.upsample_bilinear2d(input, size, false), !last));
    }
    return squashed(h, doubleTanh);
  }

  private static Tensor twice(Pass pass, List<Block> blocks, Tensor x, boolean reluAtEnd) {
    Tensor h = torch.relu(blocks.get(0).apply(pass, x));
    Tensor y = blocks.get(1).apply(pass, h);
    return reluAtEnd ? torch.relu(y) : y;
  }

  /** From any number to (0, 1). */
  static Tensor squashed(Tensor z, boolean doubleTanh) {
    Tensor once = z.tanh();
    Tensor tanh = doubleTanh ? once.tanh() : once;
    return tanh.div(new Scalar(2 + EPSILON)).add(new Scalar(0.5));
  }
}
