package io.github.backdoor4j.core.data;

import static io.github.backdoor4j.core.Checks.require;

import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Turns hues in Pillow's 8-bit HSV. Its C code computes partly in single and partly in double
 * precision before it cuts off digits, so this does, too.
 */
final class HueTurn {

  private static final int COLOURS = 3;
  private static final int SECTORS = 6;
  private static final double FULL = 255;

  private HueTurn() {}

  static Tensor apply(Tensor images, double[] shifts) {
    require(
        images.size(1) == COLOURS,
        "only images of three channels have a hue, but these have %d",
        images.size(1));
    Tensor pixels = images.to(ScalarType.Double);
    Tensor value = pixels.amax(new long[] {1}, true);
    Tensor range = value.sub(pixels.amin(new long[] {1}, true));
    Tensor hue = turned(hue(pixels, value, range), shifts, images);
    return back(hue, saturation(value, range), value);
  }

  /** 0 to 255, as are the others. */
  private static Tensor hue(Tensor pixels, Tensor value, Tensor range) {
    Tensor way = single(value.sub(pixels).div(range)); // NaN for grey, which has hue 0
    Tensor red = way.narrow(1, 0, 1);
    Tensor green = way.narrow(1, 1, 1);
    Tensor blue = way.narrow(1, 2, 1);
    Tensor ofRed = blue.sub(green);
    Tensor ofGreen = red.add(new Scalar(2.0)).sub(blue);
    Tensor ofBlue = green.add(new Scalar(4.0)).sub(red);
    Tensor sector =
        torch.where(
            pixels.narrow(1, 0, 1).eq(value),
            ofRed,
            torch.where(pixels.narrow(1, 1, 1).eq(value), ofGreen, ofBlue));
    Tensor turns = single(sector).div(new Scalar(6.0)).add(new Scalar(1.0)).fmod(new Scalar(1.0));
    Tensor levels = single(turns).mul(new Scalar(FULL)).floor();
    return torch.where(range.eq(new Scalar(0.0)), torch.zeros_like(levels), levels);
  }

  private static Tensor saturation(Tensor value, Tensor range) {
    Tensor levels = single(range.div(value)).mul(new Scalar(FULL)).floor();
    return torch.where(range.eq(new Scalar(0.0)), torch.zeros_like(levels), levels);
  }

  /** The shift is cut to whole levels of 256 before it is added. */
  private static Tensor turned(Tensor hue, double[] shifts, Tensor images) {
    long[] levels = Arrays.stream(shifts).mapToLong(shift -> (long) (shift * 255)).toArray();
    return hue.add(Parameters.longs(levels, images, levels.length, 1, 1, 1))
        .remainder(new Scalar(256.0));
  }

  private static Tensor back(Tensor hue, Tensor saturation, Tensor value) {
    Tensor place = hue.mul(new Scalar((double) SECTORS)).div(new Scalar(FULL));
    Tensor sector = place.floor();
    Tensor within = single(place.sub(sector));
    Tensor share = single(saturation.div(new Scalar(FULL)));
    Tensor one = torch.ones_like(share);
    Tensor low = half(value.mul(one.sub(share)));
    Tensor falling = half(value.mul(one.sub(share.mul(within))));
    Tensor rising = half(value.mul(one.sub(share.mul(one.sub(within)))));
    Tensor slot = sector.remainder(new Scalar((double) SECTORS));
    List<Tensor> red = List.of(value, falling, low, low, rising, value);
    List<Tensor> green = List.of(rising, value, value, falling, low, low);
    List<Tensor> blue = List.of(low, low, rising, value, value, falling);
    Tensor result =
        torch.cat(new TensorVector(pick(slot, red), pick(slot, green), pick(slot, blue)), 1);
    return Parameters.truncated(result);
  }

  private static Tensor pick(Tensor slot, List<Tensor> choices) {
    Tensor result = choices.get(SECTORS - 1);
    for (int i = SECTORS - 2; i >= 0; i--) {
      result = torch.where(slot.eq(new Scalar((double) i)), choices.get(i), result);
    }
    return result;
  }

  /** Rounded, halves away from zero. */
  private static Tensor half(Tensor values) {
    return single(values.add(new Scalar(0.5)).floor());
  }

  private static Tensor single(Tensor values) {
    return values.to(ScalarType.Float).to(ScalarType.Double);
  }
}
