package io.github.backdoor4j.core.data;

import static io.github.backdoor4j.core.Checks.require;

/**
 * A rectangle of an image, in pixels.
 *
 * @param top first row
 * @param left first column
 * @param height rows, at least 1
 * @param width columns, at least 1
 */
public record CropBox(int top, int left, int height, int width) {

  /** How a rectangle is resized. */
  public enum Filter {
    /** Triangle. */
    BILINEAR(1),
    /** Cubic with a = −0.5. */
    BICUBIC(2);

    private final int support;

    Filter(int support) {
      this.support = support;
    }

    /** Half the filter's width, in pixels of the coarser image. */
    int support() {
      return support;
    }
  }

  void checkWithin(int imageHeight, int imageWidth) {
    require(
        top >= 0
            && left >= 0
            && height >= 1
            && width >= 1
            && top + height <= imageHeight
            && left + width <= imageWidth,
        "%s does not lie within images of %d by %d pixels",
        this,
        imageHeight,
        imageWidth);
  }
}
