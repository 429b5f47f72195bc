package io.github.backdoor4j.core.data;

import static io.github.backdoor4j.core.Checks.require;
import static io.github.backdoor4j.core.Checks.requireAtLeast;

import io.github.backdoor4j.core.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;

/**
 * Bilinear resize of 8-bit images, bit for bit as the Python library Pillow does it: a triangle
 * filter that widens when shrinking (so it does not alias), 22-bit fixed-point weights, columns
 * first, rounded to 8 bits after each of the two passes.
 */
public final class PillowResize {

  private static final int PRECISION_BITS = 22;
  private static final int HALF = 1 << (PRECISION_BITS - 1);

  private PillowResize() {}

  /**
   * Resizes images; the aspect ratio may change.
   *
   * @param images unsigned 8-bit C×H×W or N×C×H×W, on the CPU
   * @return the same with the new height and width
   */
  public static Tensor bilinear(Tensor images, int height, int width) {
    long[] shape = images.shape();
    require(shape.length >= 2, "images to resize need a height and a width, but have %s", shape);
    int oldHeight = (int) shape[shape.length - 2];
    int oldWidth = (int) shape[shape.length - 1];
    byte[] resized = bilinear(Tensors.toBytes(images), oldHeight, oldWidth, height, width);
    shape[shape.length - 2] = height;
    shape[shape.length - 1] = width;
    return Tensors.ofBytes(resized, shape);
  }

  /**
   * Resizes planes that lie one after the other.
   *
   * @param planes 8-bit values in row-major order, any number of planes
   * @param height of a plane
   * @param width of a plane
   */
  public static byte[] bilinear(byte[] planes, int height, int width, int newHeight, int newWidth) {
    requireAtLeast("height", newHeight, 1);
    requireAtLeast("width", newWidth, 1);
    int count = planes.length / (height * width);
    require(
        count * height * width == planes.length,
        "%d bytes are no planes of %d by %d",
        planes.length,
        height,
        width);
    byte[] wide =
        newWidth == width ? planes : columns(planes, width, Weights.of(width, newWidth), newWidth);
    return newHeight == height
        ? wide.clone()
        : rows(wide, count, height, newWidth, Weights.of(height, newHeight));
  }

  private static byte[] columns(byte[] lines, int width, Weights weights, int newWidth) {
    int count = lines.length / width;
    byte[] result = new byte[Math.multiplyExact(count, newWidth)];
    for (int line = 0; line < count; line++) {
      for (int x = 0; x < newWidth; x++) {
        result[line * newWidth + x] = weights.apply(x, lines, line * width, 1);
      }
    }
    return result;
  }

  private static byte[] rows(byte[] planes, int count, int height, int width, Weights weights) {
    int newHeight = weights.starts.length;
    byte[] result = new byte[Math.multiplyExact(count * newHeight, width)];
    for (int plane = 0; plane < count; plane++) {
      for (int y = 0; y < newHeight; y++) {
        for (int x = 0; x < width; x++) {
          result[(plane * newHeight + y) * width + x] =
              weights.apply(y, planes, plane * height * width + x, width);
        }
      }
    }
    return result;
  }

  /** Which old positions make a new one, and how much each of them counts, in 2⁻²². */
  private record Weights(int[] starts, int[][] values) {

    static Weights of(int oldSize, int newSize) {
      double scale = (double) oldSize / newSize;
      double support = Math.max(scale, 1);
      int[] starts = new int[newSize];
      int[][] values = new int[newSize][];
      for (int i = 0; i < newSize; i++) {
        double center = (i + 0.5) * scale;
        starts[i] = Math.max(0, (int) (center - support + 0.5));
        int end = Math.min(oldSize, (int) (center + support + 0.5));
        values[i] = fixedPoint(triangle(starts[i], end, center, 1 / support));
      }
      return new Weights(starts, values);
    }

    private static double[] triangle(int start, int end, double center, double shrink) {
      double[] weights = new double[end - start];
      double sum = 0;
      for (int i = 0; i < weights.length; i++) {
        weights[i] = Math.max(0, 1 - Math.abs((i + start - center + 0.5) * shrink));
        sum += weights[i];
      }
      for (int i = 0; i < weights.length; i++) {
        weights[i] /= sum;
      }
      return weights;
    }

    private static int[] fixedPoint(double[] weights) {
      int[] result = new int[weights.length];
      for (int i = 0; i < weights.length; i++) {
        result[i] = (int) (0.5 + weights[i] * (1 << PRECISION_BITS));
      }
      return result;
    }

    byte apply(int position, byte[] source, int offset, int step) {
      int sum = HALF;
      int at = offset + starts[position] * step;
      for (int weight : values[position]) {
        sum += (source[at] & 0xFF) * weight;
        at += step;
      }
      return (byte) Math.min(255, sum >> PRECISION_BITS); // weights are positive: never below 0
    }
  }
}
