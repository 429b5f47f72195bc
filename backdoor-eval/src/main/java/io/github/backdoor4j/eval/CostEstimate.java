package io.github.backdoor4j.eval;

import static io.github.backdoor4j.core.Checks.requireAtLeast;

import java.time.Duration;
import java.util.List;

/**
 * What is left to do of a run, and about how long it will take: work in passes times the measured
 * speed of the network. What methods do besides passing images through the victim's network is not
 * in it.
 *
 * @param lines one per kind of cell that is not on disk yet
 * @param speedAge how long ago the speed was measured; zero if it was just now
 * @param seeds of the run, at least 1
 * @param atOnce how many of them are worked on at the same time, at least 1
 */
public record CostEstimate(List<Line> lines, Duration speedAge, int seeds, int atOnce) {

  public CostEstimate {
    lines = List.copyOf(lines);
    requireAtLeast("seeds", seeds, 1);
    requireAtLeast("at_once", atOnce, 1);
  }

  /**
   * One kind of cell.
   *
   * @param title what is done
   * @param cells that are still to do
   * @param passes forward passes over the training set per cell, a backward pass counting as two;
   *     NaN if the method does not say
   * @param seconds of all these cells, one after the other; NaN if the method does not say
   */
  public record Line(String title, int cells, double passes, double seconds) {}

  /**
   * Seconds by the clock for all lines that say something, as if each seed took as long: three, two
   * at a time, take as long as two after each other.
   */
  public double seconds() {
    double rounds = Math.ceil((double) seeds / atOnce) / seeds;
    return lines.stream().mapToDouble(Line::seconds).filter(s -> !Double.isNaN(s)).sum() * rounds;
  }

  /** Whether a line says nothing, so that the sum is too low. */
  public boolean partial() {
    return lines.stream().anyMatch(line -> Double.isNaN(line.seconds()));
  }
}
