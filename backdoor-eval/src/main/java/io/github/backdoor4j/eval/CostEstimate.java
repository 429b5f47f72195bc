package io.github.backdoor4j.eval;

import java.time.Duration;
import java.util.List;

/**
 * What is left to do of a run, and about how long it will take: work in passes times the measured
 * speed of the network. What methods do besides passing images through the victim's network is not
 * in it.
 *
 * @param lines one per kind of cell that is not on disk yet
 * @param speedAge how long ago the speed was measured; zero if it was just now
 */
public record CostEstimate(List<Line> lines, Duration speedAge) {

  public CostEstimate {
    lines = List.copyOf(lines);
  }

  /**
   * One kind of cell.
   *
   * @param title what is done
   * @param cells that are still to do
   * @param passes forward passes over the training set per cell, a backward pass counting as two;
   *     NaN if the method does not say
   * @param seconds of all these cells; NaN if the method does not say
   */
  public record Line(String title, int cells, double passes, double seconds) {}

  /** Seconds of all lines that say something. */
  public double seconds() {
    return lines.stream().mapToDouble(Line::seconds).filter(s -> !Double.isNaN(s)).sum();
  }

  /** Whether a line says nothing, so that the sum is too low. */
  public boolean partial() {
    return lines.stream().anyMatch(line -> Double.isNaN(line.seconds()));
  }
}
