package io.github.backdoor4j.models;

import static io.github.backdoor4j.core.Checks.requireAtLeast;

import io.github.backdoor4j.core.record.Doc;

/**
 * Options of the residual networks.
 *
 * @param width channels of the stem and the first stage; the later stages have 2, 4 and 8 times as
 *     many, and bottlenecks four times that outside
 * @param stem what comes before the first block
 */
public record ResNetOptions(
    @Doc(
            value = "channels of the stem and the first stage; 64 in the published weights",
            range = "at least 1")
        int width,
    @Doc(
            value =
                "imagenet: 7x7 convolution of stride 2 and max pooling, as in the published"
                    + " weights; cifar: 3x3 convolution that keeps the size, 16 times the work",
            range = "imagenet | cifar")
        Stem stem) {

  /** What comes before the first block. */
  public enum Stem {
    /** A 7×7 convolution of stride 2 and 3×3 max pooling of stride 2. */
    IMAGENET,
    /** A 3×3 convolution of stride 1. */
    CIFAR
  }

  public ResNetOptions {
    requireAtLeast("width", width, 1);
  }
}
