package io.github.backdoor4j.attacks;

import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Where images have edges, by the Sobel filter as scikit-image scales it. */
final class SobelEdges {

  private static final double LEVELS = 255;
  private static final float[] GREY = {0.299f, 0.587f, 0.114f};

  private SobelEdges() {}

  /**
   * Strength of edges: √((gx² + gy²)/2) of the luminance, with kernels [1, 2, 1]/4 ⊗ [1, 0, −1] and
   * borders repeated. A step of height d gives d/√2 in the two columns beside it.
   *
   * @param unit N×C×H×W in [0, 1], C 1 or 3
   * @return N×1×H×W, in grey levels
   */
  static Tensor strength(Tensor unit) {
    ComputeDevice device = ComputeDevice.of(unit);
    float[] kernels = {
      .25f,
      0,
      -.25f,
      .5f,
      0,
      -.5f,
      .25f,
      0,
      -.25f, // along x
      .25f,
      .5f,
      .25f,
      0,
      0,
      0,
      -.25f,
      -.5f,
      -.25f // along y
    };
    Tensor padded = torch.replication_pad2d(luminance(unit, device), 1, 1, 1, 1);
    Tensor gradients =
        torch.conv2d(
            padded,
            device.place(Tensors.ofFloats(kernels, 2, 1, 3, 3)),
            new TensorOptional(),
            new long[] {1, 1},
            new long[] {0, 0},
            new long[] {1, 1},
            1);
    return gradients
        .square()
        .mean(new long[] {1}, true, new org.bytedeco.pytorch.ScalarTypeOptional())
        .sqrt()
        .mul(new Scalar(LEVELS));
  }

  private static Tensor luminance(Tensor unit, ComputeDevice device) {
    if (unit.size(1) == 1) {
      return unit;
    }
    Tensor weights = device.place(Tensors.ofFloats(GREY, 1, GREY.length, 1, 1));
    return unit.mul(weights)
        .sum(new long[] {1}, true, new org.bytedeco.pytorch.ScalarTypeOptional());
  }

  /**
   * The edge map: 1 where edges are stronger than a threshold, else 0.
   *
   * @param threshold in grey levels
   * @return N×1×H×W floats
   */
  static Tensor map(Tensor unit, double threshold) {
    return strength(unit).gt(new Scalar(threshold)).to(ScalarType.Float);
  }

  /**
   * An image that shows edges in a colour on white.
   *
   * @param edges N×1×H×W
   * @param ink N×C×1×1 or 1×C×1×1 in [0, 1]
   * @return N×C×H×W
   */
  static Tensor drawn(Tensor edges, Tensor ink) {
    return edges.mul(ink.sub(new Scalar(1.0))).add(new Scalar(1.0));
  }
}
