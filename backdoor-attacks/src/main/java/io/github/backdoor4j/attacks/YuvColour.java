package io.github.backdoor4j.attacks;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * Between RGB and YUV with the rounded constants of the library kornia, which the authors of CTRL
 * use. The two directions are not exact inverses: there and back changes a grey level by up to 0.3.
 */
final class YuvColour {

  private static final double[][] TO_YUV = {
    {0.299, 0.587, 0.114}, {-0.147, -0.289, 0.436}, {0.615, -0.515, -0.100}
  };
  private static final double[][] TO_RGB = {{1, 0, 1.14}, {1, -0.396, -0.581}, {1, 2.029, 0}};

  private YuvColour() {}

  /**
   * To luminance and two differences around 0.
   *
   * @param rgb N×3×H×W floats in any unit
   * @return N×3×H×W in the same unit
   */
  static Tensor toYuv(Tensor rgb) {
    return mix(rgb, TO_YUV);
  }

  /** Back to red, green and blue; not clamped. */
  static Tensor toRgb(Tensor yuv) {
    return mix(yuv, TO_RGB);
  }

  /** Plane by plane and not as a matrix product, whose last bits depend on the batch. */
  private static Tensor mix(Tensor planes, double[][] weights) {
    TensorVector mixed = new TensorVector();
    for (double[] row : weights) {
      Tensor sum = planes.narrow(1, 0, 1).mul(new Scalar(row[0]));
      for (int c = 1; c < row.length; c++) {
        sum = sum.add(planes.narrow(1, c, 1).mul(new Scalar(row[c])));
      }
      mixed.push_back(sum);
    }
    return torch.cat(mixed, 1);
  }
}
