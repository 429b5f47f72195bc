package io.github.backdoor4j.attacks;

import io.github.backdoor4j.core.nn.Layer;
import io.github.backdoor4j.core.nn.Model;
import io.github.backdoor4j.core.nn.Pass;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Base of U-shaped networks whose levels are two convolutions each. */
abstract class DoubleConvModel extends Model {

  /** Twice a 3×3 convolution with bias, batch normalisation and ReLU. */
  record DoubleConv(Layer first, Layer firstNorm, Layer second, Layer secondNorm) {

    Tensor apply(Pass pass, Tensor x) {
      Tensor h = torch.relu(firstNorm.apply(pass, first.apply(pass, x)));
      return torch.relu(secondNorm.apply(pass, second.apply(pass, h)));
    }
  }

  /**
   * Declares a double convolution.
   *
   * @param name its layers are {@code NAME.conv1}, {@code NAME.bn1}, {@code NAME.conv2}, {@code
   *     NAME.bn2}
   * @param in input channels
   * @param middle channels between the two
   * @param out output channels
   */
  final DoubleConv doubleConv(String name, int in, int middle, int out) {
    return new DoubleConv(
        conv2d(name + ".conv1", in, middle, 3, 1, 1, true),
        batchNorm2d(name + ".bn1", middle),
        conv2d(name + ".conv2", middle, out, 3, 1, 1, true),
        batchNorm2d(name + ".bn2", out));
  }
}
