package io.github.backdoor4j.core.data;

import io.github.backdoor4j.core.tensor.ComputeDevice;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Filters that act on rows and columns one after the other, as products with one matrix per image.
 * The weights are Pillow's fixed-point ones, whole numbers that doubles hold exactly, and every
 * pass rounds to 8 bits as Pillow's does: the results are the same bit for bit.
 */
final class Resampling {

  private static final int BOXES = 3;
  private static final double CUBIC = -0.5;
  private static final double RESIZE_UNIT = 1 << 22;
  private static final float BOX_UNIT = 1 << 24;

  private Resampling() {}

  static Tensor crop(Tensor images, CropBox[] boxes, CropBox.Filter filter) {
    int height = (int) images.size(2);
    int width = (int) images.size(3);
    double[] rows = new double[boxes.length * height * height];
    double[] columns = new double[boxes.length * width * width];
    for (int i = 0; i < boxes.length; i++) {
      CropBox box = boxes[i];
      resize(rows, i * height * height, height, box.top(), box.height(), filter);
      resize(columns, i * width * width, width, box.left(), box.width(), filter);
    }
    Tensor pixels = images.to(ScalarType.Double);
    Tensor wide = horizontally(pixels, matrices(columns, images, width), RESIZE_UNIT);
    return vertically(wide, matrices(rows, images, height), RESIZE_UNIT).to(ScalarType.Byte);
  }

  /** Weights by which {@code size} new pixels are made from {@code length} old ones. */
  private static void resize(
      double[] all, int at, int size, int start, int length, CropBox.Filter filter) {
    double scale = (double) length / size;
    double shrink = Math.max(scale, 1);
    double support = filter.support() * shrink;
    for (int to = 0; to < size; to++) {
      double center = (to + 0.5) * scale;
      int first = Math.max(0, (int) (center - support + 0.5));
      int end = Math.min(length, (int) (center + support + 0.5));
      double[] weights = new double[end - first];
      double sum = 0;
      for (int i = 0; i < weights.length; i++) {
        weights[i] = weight((i + first - center + 0.5) * (1 / shrink), filter);
        sum += weights[i];
      }
      for (int i = 0; i < weights.length; i++) {
        all[at + to * size + start + first + i] = fixed(weights[i] / sum);
      }
    }
  }

  /** To the nearest unit, halves away from zero. */
  private static double fixed(double weight) {
    return (int) (weight * RESIZE_UNIT + (weight < 0 ? -0.5 : 0.5));
  }

  private static double weight(double distance, CropBox.Filter filter) {
    double x = Math.abs(distance);
    if (filter == CropBox.Filter.BILINEAR) {
      return Math.max(0, 1 - x);
    }
    if (x < 1) {
      return ((CUBIC + 2) * x - (CUBIC + 3)) * x * x + 1;
    }
    return x < 2 ? (((x - 5) * x + 8) * x - 4) * CUBIC : 0;
  }

  static Tensor blur(Tensor images, double[] radii) {
    int height = (int) images.size(2);
    int width = (int) images.size(3);
    Tensor columns = matrices(boxes(radii, width), images, width);
    Tensor rows = matrices(boxes(radii, height), images, height);
    Tensor result = images.to(ScalarType.Double);
    for (int i = 0; i < BOXES; i++) {
      result = horizontally(result, columns, BOX_UNIT);
    }
    for (int i = 0; i < BOXES; i++) {
      result = vertically(result, rows, BOX_UNIT);
    }
    return result.to(ScalarType.Byte);
  }

  private static double[] boxes(double[] radii, int size) {
    double[] all = new double[radii.length * size * size];
    for (int i = 0; i < radii.length; i++) {
      box(all, i * size * size, size, boxRadius((float) radii[i]));
    }
    return all;
  }

  /** Half-width of the box that, applied three times, has the deviation; equations 7, 11 and 14. */
  private static float boxRadius(float deviation) {
    float variance = deviation * deviation / BOXES;
    float length = (float) Math.sqrt(12.0 * variance + 1);
    float whole = (float) Math.floor((length - 1.0) / 2);
    float part = (2 * whole + 1) * (whole * (whole + 1) - 3 * variance);
    return whole + part / (6 * (variance - (whole + 1) * (whole + 1)));
  }

  private static void box(double[] all, int at, int size, float radius) {
    int whole = (int) radius;
    long weight = (long) (BOX_UNIT / (radius * 2 + 1));
    long edge = ((long) BOX_UNIT - (2L * whole + 1) * weight) / 2;
    for (int to = 0; to < size; to++) {
      for (int step = -whole - 1; step <= whole + 1; step++) {
        int from = Math.min(size - 1, Math.max(0, to + step));
        all[at + to * size + from] += Math.abs(step) > whole ? edge : weight;
      }
    }
  }

  private static Tensor matrices(double[] values, Tensor images, int size) {
    long[] shape = {images.size(0), 1, size, size};
    Tensor all = torch.zeros(shape, new TensorOptions(ScalarType.Double));
    if (values.length > 0) {
      all.data_ptr_double().put(values);
    }
    return ComputeDevice.of(images).place(all);
  }

  private static Tensor horizontally(Tensor images, Tensor matrices, double unit) {
    return rounded(images.matmul(matrices.transpose(2, 3)), unit);
  }

  private static Tensor vertically(Tensor images, Tensor matrices, double unit) {
    return rounded(matrices.matmul(images), unit);
  }

  private static Tensor rounded(Tensor sums, double unit) {
    return Parameters.rounded(sums.div(new Scalar(unit))); // a power of two: exact
  }
}
