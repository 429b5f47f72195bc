package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.Trainable;
import io.github.backdoor4j.core.spi.Figure;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.core.train.BatchStep;
import io.github.backdoor4j.core.train.Trainer;
import io.github.backdoor4j.core.train.TrainingHistory;
import io.github.backdoor4j.core.train.TrainingListener;
import io.github.backdoor4j.core.train.TrainingPlan;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;

/**
 * A mask with one value in [0, 1] per channel of each batch normalisation, learnt while the
 * network's weights stand still and its normalisations use batch statistics.
 */
final class MaskTraining {

  /** The thresholds that are tried: 0, 0.05 … 0.9. */
  static final double[] SWEEP = Thresholds.below(0.95, 0.05);

  private static final double DIGITS = 1e4; // both code bases write masks with four decimals

  private final Network network;
  private final NormChannels channels;
  private final Map<String, Tensor> mask;

  /**
   * Begins with ones. The mask lives in the open scope.
   *
   * @param network whose weights are frozen from now on
   */
  MaskTraining(Network network, NormChannels channels) {
    this.network = network;
    this.channels = channels;
    this.mask = channels.vectors(1);
    network.requireGradients(false);
  }

  /** The mask under training, by layer. */
  Map<String, Tensor> mask() {
    return mask;
  }

  /** Channels of the network. */
  NormChannels channels() {
    return channels;
  }

  /** Trains the mask; after each step it is brought back into [0, 1]. */
  TrainingHistory fit(
      Trainer trainer, ImageDataset data, TrainingPlan plan, BatchStep step, Seed seed) {
    network.training(true);
    try {
      return trainer.with(new Clamp()).fit(new Masked(), data, plan, step, seed);
    } finally {
      network.training(false);
    }
  }

  /** The mask, with the draws of the network that it lies on: dropout is at work there. */
  private final class Masked implements Trainable {

    private final Trainable values = Trainable.of(mask);

    @Override
    public Map<String, Tensor> parameters() {
      return values.parameters();
    }

    @Override
    public Map<String, Tensor> buffers() {
      return values.buffers();
    }

    @Override
    public void training(boolean mode) {
      // the network's mode is that of the whole training
    }

    @Override
    public void noise(Seed seed) {
      network.noise(seed);
    }
  }

  private final class Clamp implements TrainingListener {
    @Override
    public void onStep(int epoch, int step) {
      Tensors.withoutGradients(
          () -> {
            ScalarOptional zero = new ScalarOptional(new Scalar(0.0));
            ScalarOptional one = new ScalarOptional(new Scalar(1.0));
            mask.values().forEach(vector -> vector.clamp_(zero, one));
            return true;
          });
    }
  }

  /** What was learnt. */
  Learnt learnt() {
    Map<String, double[]> values = new LinkedHashMap<>();
    mask.forEach((layer, vector) -> values.put(layer, rounded(Tensors.toDoubles(vector))));
    return new Learnt(values);
  }

  private static double[] rounded(double[] values) {
    return DoubleStream.of(values).map(v -> Math.round(v * DIGITS) / DIGITS).toArray();
  }

  /**
   * A finished mask.
   *
   * @param byLayer values in [0, 1] with four decimals
   */
  record Learnt(Map<String, double[]> byLayer) {

    /** The channels whose mask is not above a threshold. */
    List<Channel> upTo(double threshold) {
      List<Channel> low = new ArrayList<>();
      byLayer.forEach(
          (layer, values) -> {
            for (int c = 0; c < values.length; c++) {
              if (values[c] <= threshold) {
                low.add(new Channel(layer, c));
              }
            }
          });
      return low;
    }

    /** Settings along the threshold. */
    PruningSettings settings(double fixed) {
      return PruningSettings.of(SWEEP, fixed, this::upTo);
    }

    /** How the values are spread. */
    Figure.Histogram histogram(double threshold) {
      List<Double> all =
          byLayer.values().stream().flatMapToDouble(DoubleStream::of).boxed().toList();
      return new Figure.Histogram(
          "Learnt channel masks", "mask", Map.of("channels", all), threshold);
    }

    /** Mean over all channels. */
    double mean() {
      return byLayer.values().stream().flatMapToDouble(DoubleStream::of).average().orElseThrow();
    }
  }
}
