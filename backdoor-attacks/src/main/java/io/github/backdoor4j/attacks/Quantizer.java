package io.github.backdoor4j.attacks;

import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * Squeezes the 256 grey levels to a few (BppAttack, section 3.2): Q(v) = round(v/255·(S − 1))/(S −
 * 1)·255.
 *
 * @param levels S, at least 2
 * @param dithering whether each pixel's error is handed on to its neighbours (Floyd and Steinberg),
 *     which trades grey steps for fine noise
 */
record Quantizer(int levels, boolean dithering) {

  private static final int TOP = 255;
  private static final float RIGHT = 7 / 16f;
  private static final float BELOW_LEFT = 3 / 16f;
  private static final float BELOW = 5 / 16f;
  private static final float BELOW_RIGHT = 1 / 16f;

  /**
   * Squeezes images.
   *
   * @param images N×C×H×W floats in grey levels, 0 to 255
   * @return N×C×H×W multiples of 255/(S − 1), not rounded to whole grey levels
   */
  Tensor apply(Tensor images) {
    if (!dithering) {
      return images
          .div(new Scalar((double) TOP))
          .mul(new Scalar(levels - 1.0))
          .round()
          .div(new Scalar(levels - 1.0))
          .mul(new Scalar((double) TOP));
    }
    float[] values = Tensors.toFloats(images);
    int height = Math.toIntExact(images.size(2));
    int width = Math.toIntExact(images.size(3));
    for (int plane = 0; plane < values.length; plane += height * width) {
      diffuse(values, plane, height, width);
    }
    return ComputeDevice.of(images).place(Tensors.ofFloats(values, images.shape()));
  }

  /** Pixel by pixel in reading order; every error depends on all before it. */
  private void diffuse(float[] values, int plane, int height, int width) {
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int at = plane + y * width + x;
        float level = nearest(values[at]);
        float error = values[at] - level;
        values[at] = level;
        if (x + 1 < width) {
          values[at + 1] += error * RIGHT;
        }
        if (y + 1 < height) {
          spreadBelow(values, at + width, error, x, width);
        }
      }
    }
  }

  private static void spreadBelow(float[] values, int below, float error, int x, int width) {
    if (x > 0) {
      values[below - 1] += error * BELOW_LEFT;
    }
    values[below] += error * BELOW;
    if (x + 1 < width) {
      values[below + 1] += error * BELOW_RIGHT;
    }
  }

  private float nearest(float value) {
    return (float) Math.rint(value / TOP * (levels - 1)) / (levels - 1) * TOP;
  }
}
