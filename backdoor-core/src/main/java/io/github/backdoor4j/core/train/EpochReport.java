package io.github.backdoor4j.core.train;

import java.util.Map;

/**
 * What one epoch came to.
 *
 * @param epoch from 0
 * @param learningRate of the epoch's first step; with most schedules that of all its steps
 * @param means epoch means by name; {@code loss} (mean over batches) always, {@code accuracy}
 *     (share of images) where the step meters it
 * @param seconds wall time; the only number that differs between equal runs
 */
public record EpochReport(
    int epoch, double learningRate, Map<String, Double> means, double seconds) {

  /** The mean of one name, NaN if it was not metered. */
  public double mean(String name) {
    return means.getOrDefault(name, Double.NaN);
  }
}
