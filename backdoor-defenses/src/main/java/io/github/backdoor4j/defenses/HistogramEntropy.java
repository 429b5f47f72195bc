package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Entropy of each channel's values over samples, from a histogram of the standardised values: a
 * channel with two narrow modes has little of it.
 *
 * <p>All channels of a layer share the bins, which begin at the layer's least standardised value;
 * what lies beyond the last whole bin, or on an edge, counts nowhere. Hence the least value of all
 * never counts.
 */
final class HistogramEntropy {

  private static final int CHANNELS_AT_ONCE = 64; // bounds the memory for many samples and bins

  private HistogramEntropy() {}

  /**
   * Entropy per channel, in nats.
   *
   * @param values samples × channels
   * @param width of a bin, in standard deviations
   * @return NaN for a channel whose values are all equal
   */
  static double[] of(Tensor values, double width) {
    double[] entropies = new double[(int) values.size(1)];
    try (TensorScope scope = TensorScope.open()) {
      double low = Double.POSITIVE_INFINITY;
      double high = Double.NEGATIVE_INFINITY;
      for (int from = 0; from < entropies.length; from += CHANNELS_AT_ONCE) {
        double[] range = range(values, from);
        low = Math.min(low, range[0]);
        high = Math.max(high, range[1]);
      }
      for (int from = 0; from < entropies.length; from += CHANNELS_AT_ONCE) {
        double[] part = entropies(values, from, low, bins(low, high, width), width);
        System.arraycopy(part, 0, entropies, from, part.length);
      }
    }
    return entropies;
  }

  /** Whole bins between two values; none if there are no values. */
  private static long bins(double low, double high, double width) {
    return high > low ? (long) ((high - low) / width) : 0;
  }

  /** Some channels with mean 0 and standard deviation 1 (divisor N−1); NaN where it is 0. */
  private static Tensor standardised(Tensor values, int from) {
    long count = Math.min(CHANNELS_AT_ONCE, values.size(1) - from);
    Tensor part = values.narrow(1, from, count).to(ScalarType.Double);
    Tensor centred = part.sub(part.mean(new long[] {0}, true, new ScalarTypeOptional()));
    Tensor deviation = part.std(new long[] {0}, true, true);
    Tensor none = deviation.eq(new Scalar(0.0));
    return centred.div(deviation.masked_fill(none, new Scalar(Double.NaN)));
  }

  private static double[] range(Tensor values, int from) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor z = standardised(values, from);
      Tensor known = z.masked_select(z.isnan().logical_not());
      return known.numel() == 0
          ? new double[] {Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY}
          : new double[] {known.min().item_double(), known.max().item_double()};
    }
  }

  private static double[] entropies(Tensor values, int from, double low, long bins, double width) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor z = standardised(values, from);
      long samples = z.size(0);
      long channels = z.size(1);
      Tensor counts = counts(z, low, bins, width).view(channels, bins);
      Tensor p = counts.to(ScalarType.Double).div(new Scalar((double) samples));
      Tensor terms = torch.xlogy(p, p); // 0 where p is 0
      Tensor constant = z.isnan().any(0L);
      return Tensors.toDoubles(terms.sum(1).neg().masked_fill(constant, new Scalar(Double.NaN)));
    }
  }

  /** Occupation of every bin of every channel. */
  private static Tensor counts(Tensor z, double low, long bins, double width) {
    Tensor position = z.sub(new Scalar(low)).div(new Scalar(width));
    Tensor bin = position.floor();
    Tensor inside =
        position.gt(bin).logical_and(bin.lt(new Scalar((double) bins))); // false for NaN
    Tensor channel = ComputeDevice.of(z).place(torch.arange(new Scalar(z.size(1))));
    Tensor slot = bin.add(channel.mul(new Scalar(bins)));
    Tensor used = slot.masked_select(inside).to(ScalarType.Long);
    return torch.bincount(used, new TensorOptional(), z.size(1) * bins);
  }
}
