package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.spi.Fidelity;
import java.util.Arrays;
import org.apache.commons.math3.distribution.NormalDistribution;
import org.apache.commons.math3.stat.descriptive.moment.Mean;
import org.apache.commons.math3.stat.descriptive.moment.StandardDeviation;

/** The entropy below which STRIP rejects an input, for a share of clean inputs it may reject. */
final class EntropyThreshold {

  private EntropyThreshold() {}

  /** Threshold as paper or benchmark set it. */
  static double of(double[] clean, double rejectionRate, Fidelity fidelity) {
    return fidelity == Fidelity.PAPER
        ? normalQuantile(clean, rejectionRate)
        : orderStatistic(clean, rejectionRate);
  }

  /** Quantile of a normal distribution fitted by maximum likelihood, that is with divisor n. */
  static double normalQuantile(double[] clean, double rate) {
    double mean = new Mean().evaluate(clean);
    double deviation = new StandardDeviation(false).evaluate(clean);
    return deviation == 0
        ? mean
        : new NormalDistribution(null, mean, deviation).inverseCumulativeProbability(rate);
  }

  /** The element at position ⌊rate·n⌋ of the ascending values, at most the last. */
  static double orderStatistic(double[] clean, double rate) {
    double[] sorted = clean.clone();
    Arrays.sort(sorted);
    int position = (int) Math.floor(rate * sorted.length);
    return sorted[Math.min(position, sorted.length - 1)];
  }
}
