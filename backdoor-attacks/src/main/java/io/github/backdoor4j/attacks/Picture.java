package io.github.backdoor4j.attacks;

import static io.github.backdoor4j.core.Checks.require;

import io.github.backdoor4j.core.data.PillowResize;
import io.github.backdoor4j.core.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;

/**
 * An 8-bit colour picture that a trigger is made of.
 *
 * @param height in pixels
 * @param width in pixels
 * @param planes red, green and blue, each in row-major order
 */
record Picture(int height, int width, byte[] planes) {

  static final int PLANES = 3;

  Picture {
    require(
        planes.length == PLANES * height * width,
        "a picture of %d by %d needs %d values, not %d",
        height,
        width,
        PLANES * height * width,
        planes.length);
  }

  /** A black picture. */
  static Picture black(int height, int width) {
    return new Picture(height, width, new byte[PLANES * height * width]);
  }

  /** Sets one pixel. */
  void paint(int row, int column, int red, int green, int blue) {
    int at = row * width + column;
    int plane = height * width;
    planes[at] = (byte) red;
    planes[at + plane] = (byte) green;
    planes[at + 2 * plane] = (byte) blue;
  }

  /** This picture in another size, resized as Pillow does; the aspect ratio is ignored. */
  Picture resized(int newHeight, int newWidth) {
    return new Picture(
        newHeight, newWidth, PillowResize.bilinear(planes, height, width, newHeight, newWidth));
  }

  /**
   * The picture as a tensor for images with a number of channels.
   *
   * @param channels 3 for colour, 1 for luminance as Pillow computes it
   * @return unsigned 8-bit 1×C×H×W
   */
  Tensor tensor(int channels) {
    require(
        channels == 1 || channels == PLANES,
        "a trigger picture fits images with 1 or 3 channels, not with %d",
        channels);
    return Tensors.ofBytes(channels == 1 ? luminance() : planes, 1, channels, height, width);
  }

  private byte[] luminance() {
    int count = height * width;
    byte[] grey = new byte[count];
    for (int i = 0; i < count; i++) {
      int red = planes[i] & 0xFF;
      int green = planes[i + count] & 0xFF;
      int blue = planes[i + 2 * count] & 0xFF;
      grey[i] = (byte) ((red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16); // ITU-R 601
    }
    return grey;
  }
}
