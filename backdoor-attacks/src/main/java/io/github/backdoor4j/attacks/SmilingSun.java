package io.github.backdoor4j.attacks;

/**
 * The picture that {@link Blended} uses when given none: a smiling sun with rays, above hills with
 * flowers. Drawn here for this project, the same on every machine, free as all the rest.
 */
final class SmilingSun {

  private static final int SIDE = 256;
  private static final int RAYS = 12;

  private static final int[] SKY = {70, 150, 235};
  private static final int[] RAY = {255, 236, 120};
  private static final int[] FACE = {255, 200, 20};
  private static final int[] RIM = {235, 110, 20};
  private static final int[] INK = {60, 30, 20};
  private static final int[] CHEEK = {255, 120, 110};
  private static final int[] HILL = {40, 150, 60};
  private static final int[] FAR_HILL = {20, 95, 70};
  private static final int[] PETAL = {240, 60, 170};

  private SmilingSun() {}

  static Picture draw() {
    Picture picture = Picture.black(SIDE, SIDE);
    for (int row = 0; row < SIDE; row++) {
      for (int column = 0; column < SIDE; column++) {
        int[] colour = colour(column + 0.5, row + 0.5);
        picture.paint(row, column, colour[0], colour[1], colour[2]);
      }
    }
    return picture;
  }

  private static int[] colour(double x, double y) {
    if (inDisc(x, y, 128, 108, 66)) {
      return face(x, y);
    }
    if (y > 196 + ripple(x, 0.03, 14)) {
      return flower(x, y) ? PETAL : HILL;
    }
    if (y > 178 + ripple(x + 90, 0.022, 20)) {
      return FAR_HILL;
    }
    double turn = StrictMath.atan2(y - 108, x - 128) / (2 * StrictMath.PI) + 0.5;
    return (int) StrictMath.floor(turn * 2 * RAYS) % 2 == 0 ? RAY : SKY;
  }

  private static int[] face(double x, double y) {
    boolean eyes = inDisc(x, y, 104, 92, 10) || inDisc(x, y, 152, 92, 10);
    boolean mouth = inDisc(x, y, 128, 108, 40) && !inDisc(x, y, 128, 98, 38) && y > 112;
    if (eyes || mouth) {
      return INK;
    }
    if (inDisc(x, y, 84, 122, 12) || inDisc(x, y, 172, 122, 12)) {
      return CHEEK;
    }
    return inDisc(x, y, 128, 108, 60) ? FACE : RIM;
  }

  private static boolean flower(double x, double y) {
    double column = (x + (y > 232 ? 16 : 0)) % 32 - 16;
    double row = (y - 216) % 26 - 13;
    return column * column + row * row < 36;
  }

  private static double ripple(double x, double frequency, double height) {
    return height * StrictMath.sin(frequency * x);
  }

  private static boolean inDisc(double x, double y, double centerX, double centerY, double radius) {
    return (x - centerX) * (x - centerX) + (y - centerY) * (y - centerY) < radius * radius;
  }
}
