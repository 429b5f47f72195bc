package io.github.backdoor4j.datasets;

import io.github.backdoor4j.core.data.PillowResize;
import java.util.Arrays;

/**
 * A decoded image.
 *
 * @param height in pixels
 * @param width in pixels
 * @param planes red, green, blue, each {@code height × width} unsigned 8-bit values in row-major
 *     order
 */
record RgbImage(int height, int width, byte[] planes) {

  static final int CHANNELS = 3;

  /** The image squashed or stretched to a size, bilinearly, as Pillow does it. */
  RgbImage resized(int newHeight, int newWidth) {
    return newHeight == height && newWidth == width
        ? this
        : new RgbImage(
            newHeight, newWidth, PillowResize.bilinear(planes, height, width, newHeight, newWidth));
  }

  /** The part from (left, top) to before (right, bottom), which must lie within the image. */
  RgbImage cropped(int left, int top, int right, int bottom) {
    int newHeight = bottom - top;
    int newWidth = right - left;
    byte[] part = new byte[CHANNELS * newHeight * newWidth];
    for (int row = 0; row < CHANNELS * newHeight; row++) {
      int channel = row / newHeight;
      int from = (channel * height + top + row % newHeight) * width + left;
      System.arraycopy(planes, from, part, row * newWidth, newWidth);
    }
    return new RgbImage(newHeight, newWidth, part);
  }

  /** A grey image, its value repeated on the three channels. */
  static RgbImage ofGrey(int height, int width, byte[] grey) {
    byte[] planes = Arrays.copyOf(grey, CHANNELS * grey.length);
    System.arraycopy(grey, 0, planes, grey.length, grey.length);
    System.arraycopy(grey, 0, planes, 2 * grey.length, grey.length);
    return new RgbImage(height, width, planes);
  }
}
