package io.github.backdoor4j.attacks;

import io.github.backdoor4j.core.nn.Layer;
import io.github.backdoor4j.core.nn.Model;
import io.github.backdoor4j.core.nn.Pass;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Poison Ink's discriminator: tells patches of clean images (1) from patches with ink (0). */
final class PatchCritic extends Model {

  private static final int[] LEVELS = {1, 2, 4, 8};
  private static final double SLOPE = 0.2;

  private final List<Layer> convolutions = new ArrayList<>();
  private final List<Layer> norms = new ArrayList<>();
  private final Layer out;

  /**
   * @param channels of the images
   * @param width channels of the first level; 64 in the paper
   */
  PatchCritic(int channels, int width) {
    int in = channels;
    for (int level : LEVELS) {
      int to = level * width;
      convolutions.add(conv2d("conv" + level, in, to, 3, 2, 1, true));
      if (level > 1) {
        norms.add(instanceNorm2d("norm" + level, to, false));
      }
      in = to;
    }
    out = conv2d("out", in, 1, 3, 1, 1, true);
  }

  /** From N×C×H×W to N×1×h×w, one judgement per patch. */
  @Override
  protected Tensor forward(Pass pass, Tensor x) {
    Tensor h = x;
    for (int i = 0; i < convolutions.size(); i++) {
      h = convolutions.get(i).apply(pass, h);
      if (i > 0) {
        h = norms.get(i - 1).apply(pass, h);
      }
      h = torch.leaky_relu(h, new Scalar(SLOPE));
    }
    return out.apply(pass, h);
  }
}
