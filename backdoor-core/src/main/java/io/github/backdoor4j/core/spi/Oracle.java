package io.github.backdoor4j.core.spi;

import io.github.backdoor4j.core.nn.Network;

/** Knows how a model does on test data: what no defender has. */
@FunctionalInterface
public interface Oracle {

  /**
   * How a model does.
   *
   * @param cleanAccuracy share of clean test images classified rightly
   * @param attackSuccess share of triggered test images classified as the attacker wants
   */
  record Score(double cleanAccuracy, double attackSuccess) {}

  /** Measures a model on all test data. */
  Score score(Network network);
}
