package io.github.backdoor4j.core.nn;

/**
 * Work done by networks, in images.
 *
 * @param images that went through a forward pass
 * @param withGradient how many of them may have been followed by a backward pass
 */
public record Passes(double images, double withGradient) {

  /** No work. */
  public static final Passes NONE = new Passes(0, 0);

  private static final double BACKWARD =
      2; // a backward pass through weights costs two forward ones

  /** Passes without gradient. */
  public static Passes forward(double images) {
    return new Passes(images, 0);
  }

  /** Passes with gradient. */
  public static Passes training(double images) {
    return new Passes(images, images);
  }

  /** This and other work. */
  public Passes plus(Passes other) {
    return new Passes(images + other.images, withGradient + other.withGradient);
  }

  /** This work several times. */
  public Passes times(double factor) {
    return new Passes(images * factor, withGradient * factor);
  }

  /** The same work counted in forward passes of one image. */
  public double inForwardPasses() {
    return images + BACKWARD * withGradient;
  }
}
