package io.github.backdoor4j.attacks;

import io.github.backdoor4j.core.tensor.Seed;
import java.util.random.RandomGenerator;

/**
 * The random numbers behind one reflection, drawn from the ranges of the authors' program.
 *
 * @param reflection which picture of the bank
 * @param alpha α, weight of the image
 * @param ghost whether the picture is seen twice, shifted, as in thick glass; else out of focus
 * @param down ghost: shift in pixels, 3 to 8
 * @param right ghost: shift in pixels, 3 to 8
 * @param first ghost: weight β of the picture that is not shifted
 * @param sigma focus: deviation of the blur in pixels, 1 to 5
 * @param attenuation focus: how strongly overexposure darkens the picture, 1.08 to 1.18
 */
record ReflectionDraw(
    int reflection,
    double alpha,
    boolean ghost,
    int down,
    int right,
    double first,
    double sigma,
    double attenuation) {

  private static final int LEAST_SHIFT = 3;
  private static final int BEYOND_SHIFT = 9;
  private static final double LEAST_GHOST = 0.15;
  private static final double MOST_GHOST = 0.5;
  private static final double LEAST_BLUR = 1;
  private static final double MOST_BLUR = 5;
  private static final double LEAST_ATTENUATION = 1.08;
  private static final double MOST_ATTENUATION = 1.18;
  private static final double LEAST_ALPHA = 0.55;
  private static final double MOST_ALPHA = 0.95;

  /**
   * The draw for one image, always with the same number of random numbers, so that changing an
   * option does not shift the others.
   *
   * @param index position of the image in its data set
   * @param bank number of pictures
   * @param ghostRate probability of a ghost
   * @param alpha α, or 0 to draw it
   */
  static ReflectionDraw of(Seed seed, long index, int bank, double ghostRate, double alpha) {
    RandomGenerator random = seed.child("image", index).random();
    int reflection = random.nextInt(bank);
    boolean ghost = random.nextDouble() < ghostRate;
    int down = random.nextInt(LEAST_SHIFT, BEYOND_SHIFT);
    int right = random.nextInt(LEAST_SHIFT, BEYOND_SHIFT);
    double weight = random.nextDouble(LEAST_GHOST, MOST_GHOST);
    double first = random.nextBoolean() ? 1 - weight : weight;
    double sigma = random.nextDouble(LEAST_BLUR, MOST_BLUR);
    double attenuation = random.nextDouble(LEAST_ATTENUATION, MOST_ATTENUATION);
    double drawn = random.nextDouble(LEAST_ALPHA, MOST_ALPHA);
    return new ReflectionDraw(
        reflection, alpha > 0 ? alpha : drawn, ghost, down, right, first, sigma, attenuation);
  }
}
