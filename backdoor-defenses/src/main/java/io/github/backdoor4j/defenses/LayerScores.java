package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.spi.Figure;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.DoubleStream;

/**
 * Suspicion of each channel, judged against the other channels of its layer: an outlier lies more
 * than u standard deviations (divisor N−1) above the layer's mean.
 *
 * @param byLayer higher is more suspicious; NaN means that nothing can be said about the channel
 * @param finiteOnly whether mean and deviation leave out scores that are no finite numbers; if not,
 *     one such score keeps its whole layer from being judged
 */
record LayerScores(Map<String, double[]> byLayer, boolean finiteOnly) {

  /** Deviations below this share of the mean are rounding errors among equal scores. */
  private static final double ROUNDING = 1e-9;

  /** The u that are tried, from mild to harsh: 10, 9.5 … 0. */
  static final double[] SWEEP = Thresholds.steps(10, -0.5, 21);

  LayerScores {
    byLayer = new LinkedHashMap<>(byLayer);
  }

  /** Mean and standard deviation of a layer's scores. */
  private record Moments(double mean, double deviation) {

    static Moments of(double[] scores, boolean finiteOnly) {
      double[] used =
          finiteOnly ? DoubleStream.of(scores).filter(Double::isFinite).toArray() : scores;
      double mean = DoubleStream.of(used).sum() / used.length;
      double squares = DoubleStream.of(used).map(s -> (s - mean) * (s - mean)).sum();
      return new Moments(mean, Math.sqrt(squares / (used.length - 1)));
    }

    boolean telling() {
      return deviation > ROUNDING * Math.abs(mean);
    }

    double threshold(double u) {
      return mean + u * deviation;
    }
  }

  /** The outliers at u, layer by layer. */
  List<Channel> above(double u) {
    List<Channel> outliers = new ArrayList<>();
    byLayer.forEach(
        (layer, scores) -> {
          Moments moments = Moments.of(scores, finiteOnly);
          for (int c = 0; c < scores.length && moments.telling(); c++) {
            if (scores[c] > moments.threshold(u)) {
              outliers.add(new Channel(layer, c));
            }
          }
        });
    return outliers;
  }

  /** What a score must exceed in a layer. */
  double threshold(String layer, double u) {
    return Moments.of(scores(layer), finiteOnly).threshold(u);
  }

  private double[] scores(String layer) {
    return java.util.Objects.requireNonNull(byLayer.get(layer), layer);
  }

  /** How many standard deviations each score lies above its layer's mean; finite ones only. */
  Figure.Histogram histogram(String title, double u) {
    List<Double> standardised = new ArrayList<>();
    for (double[] scores : byLayer.values()) {
      Moments moments = Moments.of(scores, finiteOnly);
      Arrays.stream(scores)
          .map(score -> (score - moments.mean()) / moments.deviation())
          .filter(Double::isFinite)
          .forEach(standardised::add);
    }
    return new Figure.Histogram(
        title, "standard deviations above the layer's mean", Map.of("channels", standardised), u);
  }

  /** Says how many layers are so small that none of their channels can be an outlier at u. */
  Optional<String> smallLayersNote(double u) {
    long small =
        byLayer.values().stream().filter(s -> (s.length - 1) / Math.sqrt(s.length) <= u).count();
    return small == 0
        ? Optional.empty()
        : Optional.of(
            small
                + " of "
                + byLayer.size()
                + " layers have so few channels that none can lie "
                + u
                + " standard deviations above their mean.");
  }
}
