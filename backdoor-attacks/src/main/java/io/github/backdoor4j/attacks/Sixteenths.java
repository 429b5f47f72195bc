package io.github.backdoor4j.attacks;

import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Lets networks that halve an image four times work on images of any size: edges are repeated at
 * the right and bottom up to the next multiple of 16, and cut off again.
 */
final class Sixteenths {

  private static final int MULTIPLE = 16;

  private Sixteenths() {}

  /**
   * Applies a network to images of a size that suits it.
   *
   * @param images N×C×H×W floats
   * @param network from N×C×h×w to N×D×h×w, h and w multiples of 16
   * @return N×D×H×W
   */
  static Tensor through(Tensor images, UnaryOperator<Tensor> network) {
    long height = images.size(2);
    long width = images.size(3);
    Tensor result = network.apply(padded(images));
    return result.narrow(2, 0, height).narrow(3, 0, width);
  }

  private static Tensor padded(Tensor images) {
    long bottom = Math.floorMod(-images.size(2), MULTIPLE);
    long right = Math.floorMod(-images.size(3), MULTIPLE);
    return bottom == 0 && right == 0
        ? images
        : torch.replication_pad2d(images, 0, right, 0, bottom);
  }
}
