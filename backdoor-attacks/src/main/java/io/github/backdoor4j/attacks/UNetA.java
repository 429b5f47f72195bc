package io.github.backdoor4j.attacks;

import io.github.backdoor4j.core.nn.Layer;
import io.github.backdoor4j.core.nn.Model;
import io.github.backdoor4j.core.nn.Pass;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * The large noise generator of LIRA: a U-shaped network with average pooling whose upsampled
 * features are joined with those of the way down. From normalised images N×C×H×W to noise in (−1,
 * 1) of the same shape.
 */
final class UNetA extends Model {

  private static final int[] WIDTHS = {64, 128, 256, 512};

  private final List<DoubleConv> down = new ArrayList<>();
  private final List<DoubleConv> up = new ArrayList<>();
  private final Layer head;
  private final Layer headNorm;

  private record DoubleConv(Layer conv1, Layer norm1, Layer conv2, Layer norm2) {

    Tensor apply(Pass pass, Tensor x) {
      Tensor h = torch.relu(norm1.apply(pass, conv1.apply(pass, x)));
      return torch.relu(norm2.apply(pass, conv2.apply(pass, h)));
    }
  }

  /**
   * @param channels of the images
   */
  UNetA(int channels) {
    int in = channels;
    for (int i = 0; i < WIDTHS.length; i++) {
      down.add(doubleConv("down" + (i + 1), in, WIDTHS[i]));
      in = WIDTHS[i];
    }
    for (int i = WIDTHS.length - 2; i >= 0; i--) {
      up.add(doubleConv("up" + (i + 1), in + WIDTHS[i], WIDTHS[i]));
      in = WIDTHS[i];
    }
    this.head = conv2d("head.conv", in, channels, 1, 1, 0, true);
    this.headNorm = batchNorm2d("head.bn", channels);
  }

  private DoubleConv doubleConv(String name, int in, int out) {
    return new DoubleConv(
        conv2d(name + ".conv1", in, out, 3, 1, 1, true),
        batchNorm2d(name + ".bn1", out),
        conv2d(name + ".conv2", out, out, 3, 1, 1, true),
        batchNorm2d(name + ".bn2", out));
  }

  @Override
  protected Tensor forward(Pass pass, Tensor x) {
    Deque<Tensor> skips = new ArrayDeque<>();
    Tensor h = down.get(0).apply(pass, x);
    for (DoubleConv next : down.subList(1, down.size())) {
      Tensor skip = h;
      skips.push(skip);
      h = pass.block(() -> next.apply(pass, torch.avg_pool2d(skip, 2, 2)));
    }
    for (DoubleConv next : up) {
      Tensor below = h;
      Tensor skip = skips.pop();
      h = pass.block(() -> next.apply(pass, joined(below, skip)));
    }
    return headNorm.apply(pass, head.apply(pass, h)).tanh();
  }

  private static Tensor joined(Tensor below, Tensor skip) {
    long[] size = {skip.size(2), skip.size(3)};
    Tensor upsampled = torch.upsample_bilinear2d(below, size, true);
    return torch.cat(new TensorVector(upsampled, skip), 1);
  }
}
