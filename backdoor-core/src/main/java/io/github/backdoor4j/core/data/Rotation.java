package io.github.backdoor4j.core.data;

import io.github.backdoor4j.core.tensor.ComputeDevice;
import java.util.function.DoubleUnaryOperator;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Rotation about the middle by looking up, for every new pixel, where it comes from. As in Pillow,
 * places are exact between pixels, and whole multiples of 2⁻¹⁶ for the nearest pixel.
 */
final class Rotation {

  private static final double DIGITS = 1e15; // to which Pillow rounds sine and cosine
  private static final double FIXED = 1 << 16;

  private Rotation() {}

  /** Where new pixels come from: columns and rows N×(H·W), in pixels, middles at halves. */
  private record Origins(Tensor x, Tensor y, Tensor inside) {}

  static Tensor apply(Tensor images, double[] degrees, boolean bilinear) {
    if (bilinear) {
      return bilinear(images, origins(images, degrees, value -> value));
    }
    return nearest(
        images, origins(images, degrees, value -> Math.floor(value * FIXED + 0.5) / FIXED));
  }

  private static Origins origins(Tensor images, double[] degrees, DoubleUnaryOperator precision) {
    int n = degrees.length;
    long height = images.size(2);
    long width = images.size(3);
    double[][] x = new double[3][n]; // where column 0, row 0 comes from; per column; per row
    double[][] y = new double[3][n];
    for (int i = 0; i < n; i++) {
      double angle = -Math.toRadians(degrees[i] % 360);
      double cosine = Math.rint(Math.cos(angle) * DIGITS) / DIGITS;
      double sine = Math.rint(Math.sin(angle) * DIGITS) / DIGITS;
      double left = 0.5 - width / 2.0;
      double top = 0.5 - height / 2.0;
      x[0][i] = precision.applyAsDouble(cosine * left + sine * top + width / 2.0);
      x[1][i] = precision.applyAsDouble(cosine);
      x[2][i] = precision.applyAsDouble(sine);
      y[0][i] = precision.applyAsDouble(-sine * left + cosine * top + height / 2.0);
      y[1][i] = precision.applyAsDouble(-sine);
      y[2][i] = precision.applyAsDouble(cosine);
    }
    Tensor fromX = plane(images, x);
    Tensor fromY = plane(images, y);
    Tensor inside = within(fromX, width).logical_and(within(fromY, height)).view(n, 1, -1);
    return new Origins(fromX, fromY, inside);
  }

  private static Tensor plane(Tensor images, double[][] map) {
    Tensor columns = counted(images, images.size(3)).view(1, 1, -1);
    Tensor rows = counted(images, images.size(2)).view(1, -1, 1);
    return doubles(images, map[0])
        .add(doubles(images, map[1]).mul(columns))
        .add(doubles(images, map[2]).mul(rows))
        .flatten(1, 2);
  }

  private static Tensor counted(Tensor images, long size) {
    TensorOptions doubles = new TensorOptions(ScalarType.Double);
    return ComputeDevice.of(images).place(torch.arange(new Scalar(size), doubles));
  }

  private static Tensor doubles(Tensor images, double[] values) {
    Tensor vector = torch.zeros(new long[] {values.length}, new TensorOptions(ScalarType.Double));
    if (values.length > 0) {
      vector.data_ptr_double().put(values);
    }
    return ComputeDevice.of(images).place(vector).view(values.length, 1, 1);
  }

  private static Tensor within(Tensor positions, long size) {
    return positions.ge(new Scalar(0.0)).logical_and(positions.lt(new Scalar((double) size)));
  }

  private static Tensor nearest(Tensor images, Origins from) {
    return shown(images, from, look(images, from.x().floor(), from.y().floor()));
  }

  private static Tensor bilinear(Tensor images, Origins from) {
    Tensor x = from.x().sub(new Scalar(0.5));
    Tensor y = from.y().sub(new Scalar(0.5));
    Tensor left = x.floor();
    Tensor top = y.floor();
    Tensor right = left.add(new Scalar(1.0));
    Tensor bottom = top.add(new Scalar(1.0));
    Tensor shareX = x.sub(left).unsqueeze(1);
    Tensor shareY = y.sub(top).unsqueeze(1);
    Tensor above = mix(look(images, left, top), look(images, right, top), shareX);
    Tensor below = mix(look(images, left, bottom), look(images, right, bottom), shareX);
    return shown(images, from, mix(above, below, shareY));
  }

  private static Tensor mix(Tensor first, Tensor second, Tensor share) {
    return first.add(second.sub(first).mul(share));
  }

  /** Pixels at whole positions, those outside being the nearest inside. */
  private static Tensor look(Tensor images, Tensor x, Tensor y) {
    long width = images.size(3);
    Tensor at = clamped(y, images.size(2)).mul(new Scalar(width)).add(clamped(x, width));
    long[] shape = {images.size(0), images.size(1), images.size(2) * width};
    return images.flatten(2, 3).gather(2, at.unsqueeze(1).expand(shape)).to(ScalarType.Double);
  }

  private static Tensor clamped(Tensor positions, long size) {
    return positions
        .to(ScalarType.Long)
        .clamp(new ScalarOptional(new Scalar(0L)), new ScalarOptional(new Scalar(size - 1)));
  }

  private static Tensor shown(Tensor images, Origins from, Tensor pixels) {
    return Parameters.truncated(pixels.mul(from.inside())).view(images.shape());
  }
}
