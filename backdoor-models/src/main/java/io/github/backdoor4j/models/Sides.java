package io.github.backdoor4j.models;

import static io.github.backdoor4j.core.Checks.require;

import io.github.backdoor4j.core.data.ImageShape;

/** What a network asks of the size of its images. */
final class Sides {

  private Sides() {}

  /** Refuses images with a side shorter than {@code least} pixels. */
  static void requireAtLeast(String network, ImageShape input, int least) {
    require(
        Math.min(input.height(), input.width()) >= least,
        "%s needs images of at least %dx%d pixels, but they are %s",
        network,
        least,
        least,
        input);
  }
}
