package io.github.backdoor4j.core.data;

import static io.github.backdoor4j.core.Checks.requireAtLeast;

/**
 * Shape of one image.
 *
 * @param channels number of colour planes
 * @param height pixels from top to bottom
 * @param width pixels from left to right
 */
public record ImageShape(int channels, int height, int width) {

  public ImageShape {
    requireAtLeast("channels", channels, 1);
    requireAtLeast("height", height, 1);
    requireAtLeast("width", width, 1);
  }

  /** Number of values in one image. */
  public int size() {
    return channels * height * width;
  }

  @Override
  public String toString() {
    return channels + "x" + height + "x" + width;
  }
}
