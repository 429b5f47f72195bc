package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.nn.Layer;
import io.github.backdoor4j.core.nn.Taps;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;

/** Mean and variance of what enters each batch normalisation, pooled over all batches seen. */
final class NormStatistics {

  private static final long[] ALL_BUT_CHANNELS = {0, 2, 3};

  private final Map<String, Pool> pools = new LinkedHashMap<>();
  private Taps taps = Taps.none();

  NormStatistics(List<Layer.BatchNorm2d> layers) {
    for (Layer.BatchNorm2d layer : layers) {
      Pool pool = new Pool(layer.channels());
      pools.put(layer.name(), pool);
      taps = taps.andInput(layer.name(), pool::add);
    }
  }

  /** The taps to pass to a forward pass; each pass adds a batch. */
  Taps taps() {
    return taps;
  }

  /** Mean per channel over images and positions. */
  double[] means(String layer) {
    return pool(layer).mean.clone();
  }

  /** Variance per channel with divisor N·H·W − 1. */
  double[] variances(String layer) {
    Pool pool = pool(layer);
    double[] variances = pool.squares.clone();
    for (int c = 0; c < variances.length; c++) {
      variances[c] /= pool.count - 1;
    }
    return variances;
  }

  private Pool pool(String layer) {
    return Objects.requireNonNull(pools.get(layer), layer);
  }

  /** Running mean and sum of squared deviations, merged batch by batch (Chan et al., 1979). */
  private static final class Pool {

    private final double[] mean;
    private final double[] squares;
    private double count;

    Pool(int channels) {
      mean = new double[channels];
      squares = new double[channels];
    }

    void add(Tensor x) {
      try (TensorScope scope = TensorScope.open()) {
        double more = (double) x.numel() / mean.length;
        double[] batchMean = Tensors.toDoubles(x.mean(ALL_BUT_CHANNELS));
        double[] batchVariance = Tensors.toDoubles(x.var(ALL_BUT_CHANNELS, false, false));
        double total = count + more;
        for (int c = 0; c < mean.length; c++) {
          double gap = batchMean[c] - mean[c];
          squares[c] += batchVariance[c] * more + gap * gap * count * more / total;
          mean[c] += gap * more / total;
        }
        count = total;
      }
    }
  }
}
