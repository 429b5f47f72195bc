package io.github.backdoor4j.attacks;

import io.github.backdoor4j.core.nn.Layer;
import io.github.backdoor4j.core.nn.Model;
import io.github.backdoor4j.core.nn.Pass;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The small noise generator of LIRA: four convolutions that halve the image, four transposed ones
 * that double it. From normalised images N×C×H×W to noise in (−1, 1) of the same shape. Sides that
 * are no multiple of 16 are padded with zeros meanwhile.
 */
final class Autoencoder extends Model {

  private static final int[] WIDTHS = {16, 32, 64, 128};
  private static final int KERNEL = 4;
  private static final int MULTIPLE = 16;

  private final List<Layer> down = new ArrayList<>();
  private final List<Layer> downNorms = new ArrayList<>();
  private final List<Layer> up = new ArrayList<>();
  private final List<Layer> upNorms = new ArrayList<>();

  /**
   * @param channels of the images
   */
  Autoencoder(int channels) {
    int in = channels;
    for (int i = 0; i < WIDTHS.length; i++) {
      down.add(conv2d("down" + (i + 1) + ".conv", in, WIDTHS[i], KERNEL, 2, 1, true));
      downNorms.add(batchNorm2d("down" + (i + 1) + ".bn", WIDTHS[i]));
      in = WIDTHS[i];
    }
    for (int i = WIDTHS.length - 1; i > 0; i--) {
      up.add(convTranspose2d("up" + (i + 1) + ".conv", in, WIDTHS[i - 1], KERNEL, 2, 1));
      upNorms.add(batchNorm2d("up" + (i + 1) + ".bn", WIDTHS[i - 1]));
      in = WIDTHS[i - 1];
    }
    up.add(convTranspose2d("up1.conv", in, channels, KERNEL, 2, 1));
  }

  @Override
  protected Tensor forward(Pass pass, Tensor x) {
    long height = x.size(2);
    long width = x.size(3);
    long[] sides = {0, missing(width), 0, missing(height)};
    Tensor h = sides[1] + sides[3] == 0 ? x : torch.constant_pad_nd(x, sides, new Scalar(0.0));
    for (int i = 0; i < down.size(); i++) {
      h = torch.relu(downNorms.get(i).apply(pass, down.get(i).apply(pass, h)));
    }
    for (int i = 0; i < upNorms.size(); i++) {
      h = torch.relu(upNorms.get(i).apply(pass, up.get(i).apply(pass, h)));
    }
    Tensor noise = up.get(up.size() - 1).apply(pass, h).tanh();
    return noise.narrow(2, 0, height).narrow(3, 0, width);
  }

  private static long missing(long side) {
    return (MULTIPLE - side % MULTIPLE) % MULTIPLE;
  }
}
