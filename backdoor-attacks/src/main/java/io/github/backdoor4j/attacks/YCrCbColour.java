package io.github.backdoor4j.attacks;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Between 8-bit RGB and 8-bit YCrCb as OpenCV converts them: weights in units of 2⁻¹⁴, rounded, cut
 * to [0, 255]. Tensors are N×3×H×W; the order of the planes is Y, Cr, Cb.
 */
final class YCrCbColour {

  private static final long UNIT = 1 << 14;
  private static final int MIDDLE = 128;

  private static final long RED = 4899; // 0.299
  private static final long GREEN = 9617; // 0.587
  private static final long BLUE = 1868; // 0.114
  private static final long TO_CR = 11682; // 0.713
  private static final long TO_CB = 9241; // 0.564
  private static final long CR_TO_RED = 22987; // 1.403
  private static final long CR_TO_GREEN = -11698; // -0.714
  private static final long CB_TO_GREEN = -5636; // -0.344
  private static final long CB_TO_BLUE = 29049; // 1.773

  private YCrCbColour() {}

  /** To unsigned 8-bit Y, Cr, Cb. */
  static Tensor toYCrCb(Tensor rgb) {
    Tensor red = plane(rgb, 0);
    Tensor green = plane(rgb, 1);
    Tensor blue = plane(rgb, 2);
    Tensor y = descale(times(red, RED).add(times(green, GREEN)).add(times(blue, BLUE)));
    Tensor cr = around(times(red.sub(y), TO_CR));
    Tensor cb = around(times(blue.sub(y), TO_CB));
    return bytes(y, cr, cb);
  }

  /** Back to unsigned 8-bit red, green, blue. */
  static Tensor toRgb(Tensor ycrcb) {
    Tensor y = plane(ycrcb, 0);
    Tensor cr = plane(ycrcb, 1).sub(new Scalar(MIDDLE));
    Tensor cb = plane(ycrcb, 2).sub(new Scalar(MIDDLE));
    return bytes(
        y.add(descale(times(cr, CR_TO_RED))),
        y.add(descale(times(cr, CR_TO_GREEN).add(times(cb, CB_TO_GREEN)))),
        y.add(descale(times(cb, CB_TO_BLUE))));
  }

  private static Tensor plane(Tensor planes, long channel) {
    return planes.narrow(1, channel, 1).to(ScalarType.Long);
  }

  private static Tensor times(Tensor plane, long weight) {
    return plane.mul(new Scalar(weight));
  }

  private static Tensor around(Tensor scaled) {
    return descale(scaled.add(new Scalar(MIDDLE * UNIT)));
  }

  /** Divided by the unit and rounded, halves up. */
  private static Tensor descale(Tensor scaled) {
    return scaled.add(new Scalar(UNIT / 2)).floor_divide(new Scalar(UNIT));
  }

  private static Tensor bytes(Tensor one, Tensor two, Tensor three) {
    return EightBit.truncate(torch.cat(new TensorVector(one, two, three), 1));
  }
}
