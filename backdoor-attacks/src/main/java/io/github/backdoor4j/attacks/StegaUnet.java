package io.github.backdoor4j.attacks;

import io.github.backdoor4j.core.nn.Initializer;
import io.github.backdoor4j.core.nn.Layer;
import io.github.backdoor4j.core.nn.Model;
import io.github.backdoor4j.core.nn.Pass;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * The U-shaped part of the StegaStamp encoder: planes with the message and the image go in, an
 * image comes out. Five convolutions down to a sixteenth of the size, four steps up, no
 * normalisation.
 */
final class StegaUnet extends Model {

  /** Channels of each of the five levels, as multiples of the width. */
  private static final int[] DOWN = {1, 1, 2, 4, 8};

  private static final int[] UP = {4, 2, 1, 1};

  private final List<Layer> down = new ArrayList<>();
  private final List<Layer> up = new ArrayList<>();
  private final List<Layer> merge = new ArrayList<>();
  private final Layer last;
  private final Layer out;

  /**
   * @param channels of the images
   * @param width channels of the first level; the published networks have 32
   * @param scaled whether weights start with the variance that keeps signals alive through ReLUs
   *     (He), else by PyTorch's default, which is six times smaller
   */
  StegaUnet(int channels, int width, boolean scaled) {
    int in = 2 * channels;
    for (int level = 0; level < DOWN.length; level++) {
      int to = DOWN[level] * width;
      down.add(conv("down" + (level + 1), in, to, 3, level == 0 ? 1 : 2, 1, scaled));
      in = to;
    }
    for (int step = 0; step < UP.length; step++) {
      int to = UP[step] * width;
      int skip = DOWN[DOWN.length - 2 - step] * width + (step == UP.length - 1 ? 2 * channels : 0);
      up.add(conv("up" + (step + 1), in, to, 2, 1, 0, scaled));
      merge.add(conv("merge" + (step + 1), skip + to, to, 3, 1, 1, scaled));
      in = to;
    }
    last = conv("last", in, in, 3, 1, 1, scaled);
    out = conv("out", in, channels, 1, 1, 0, false);
  }

  private Layer conv(
      String name, int in, int out, int kernel, int stride, int padding, boolean scaled) {
    Layer layer = conv2d(name, in, out, kernel, stride, padding, true);
    if (scaled) {
      initializeBy(name + ".weight", Initializer.normal(Math.sqrt(2.0 / (in * kernel * kernel))));
      initializeBy(name + ".bias", Initializer.constant(0));
    }
    return layer;
  }

  /** From N×2C×H×W to N×C×H×W, H and W multiples of 16. */
  @Override
  protected Tensor forward(Pass pass, Tensor x) {
    List<Tensor> levels = new ArrayList<>();
    Tensor h = x;
    for (Layer layer : down) {
      h = torch.relu(layer.apply(pass, h));
      levels.add(h);
    }
    for (int step = 0; step < up.size(); step++) {
      Tensor grown = torch.relu(up.get(step).apply(pass, doubled(h)));
      Tensor skip = levels.get(levels.size() - 2 - step);
      boolean top = step == up.size() - 1;
      Tensor joined =
          torch.cat(top ? new TensorVector(skip, grown, x) : new TensorVector(skip, grown), 1);
      h = torch.relu(merge.get(step).apply(pass, joined));
    }
    return out.apply(pass, torch.relu(last.apply(pass, h)));
  }

  /** Twice the size by repetition, and a zero row and column that a 2×2 convolution takes away. */
  private static Tensor doubled(Tensor x) {
    Tensor grown = torch.upsample_nearest2d(x, 2 * x.size(2), 2 * x.size(3));
    return torch.constant_pad_nd(grown, new long[] {0, 1, 0, 1}, new Scalar(0.0));
  }
}
