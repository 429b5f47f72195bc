package io.github.backdoor4j.attacks;

import io.github.backdoor4j.core.nn.Layer;
import io.github.backdoor4j.core.nn.Pass;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** The injection network of Poison Ink: image and trigger image in, image with ink out. */
final class UnetB extends DoubleConvModel {

  /** Channels of the five levels, as multiples of the width. */
  private static final int[] LEVELS = {1, 2, 4, 8, 8};

  private static final int[] UP = {4, 2, 1, 1};

  private final List<DoubleConv> down = new ArrayList<>();
  private final List<DoubleConv> up = new ArrayList<>();
  private final Layer out;

  /**
   * @param in input channels
   * @param channels output channels
   * @param width channels of the first level; 64 in the paper
   */
  UnetB(int in, int channels, int width) {
    int from = in;
    for (int i = 0; i < LEVELS.length; i++) {
      int to = LEVELS[i] * width;
      down.add(doubleConv("down" + (i + 1), from, to, to));
      from = to;
    }
    for (int i = 0; i < UP.length; i++) {
      int joined = from + LEVELS[LEVELS.length - 2 - i] * width;
      up.add(doubleConv("up" + (i + 1), joined, joined / 2, UP[i] * width));
      from = UP[i] * width;
    }
    out = conv2d("out", from, channels, 1, 1, 0, true);
  }

  /** From N×in×H×W to N×C×H×W, H and W multiples of 16. */
  @Override
  protected Tensor forward(Pass pass, Tensor x) {
    List<Tensor> skips = new ArrayList<>();
    Tensor h = x;
    for (int i = 0; i < down.size(); i++) {
      h = down.get(i).apply(pass, i == 0 ? h : torch.max_pool2d(h, 2, 2));
      skips.add(h);
    }
    for (int i = 0; i < up.size(); i++) {
      long[] size = {2 * h.size(2), 2 * h.size(3)};
      Tensor grown = torch.upsample_bilinear2d(h, size, true);
      Tensor skip = skips.get(skips.size() - 2 - i);
      h = up.get(i).apply(pass, torch.cat(new TensorVector(skip, grown), 1));
    }
    return out.apply(pass, h);
  }
}
