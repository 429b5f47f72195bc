package io.github.backdoor4j.attacks;

/**
 * The mask that {@link TrojanNn} uses when given none: a white pear with stalk and leaf on black,
 * in the bottom right quarter of the image. Drawn here for this project, the same on every machine,
 * free as all the rest.
 */
final class PearMask {

  private static final int SIDE = 224;
  private static final int WHITE = 255;

  private PearMask() {}

  static Picture draw() {
    Picture picture = Picture.black(SIDE, SIDE);
    for (int row = 0; row < SIDE; row++) {
      for (int column = 0; column < SIDE; column++) {
        if (inside(column + 0.5, row + 0.5)) {
          picture.paint(row, column, WHITE, WHITE, WHITE);
        }
      }
    }
    return picture;
  }

  private static boolean inside(double x, double y) {
    boolean belly = inEllipse(x, y, 162, 178, 30, 25);
    boolean neck = inEllipse(x, y, 162, 153, 17, 22);
    boolean stalk = Math.abs(x - 163 - 0.2 * (134 - y)) < 2.5 && y > 121 && y < 136;
    boolean leaf = inEllipse(x - 0.5 * (y - 126), y, 178, 126, 12, 5);
    return belly || neck || stalk || leaf;
  }

  private static boolean inEllipse(
      double x, double y, double centerX, double centerY, double radiusX, double radiusY) {
    double across = (x - centerX) / radiusX;
    double down = (y - centerY) / radiusY;
    return across * across + down * down < 1;
  }
}
