package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.data.Augmentation;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.nn.Layer;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.Taps;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.train.BatchStream;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Running statistics of batch normalisations for weights that no training has seen in this
 * combination: one pass over images in training mode, without gradients. Not a training, so it does
 * not go through the trainer.
 */
final class RunningStatistics {

  private final ImageDataset images;
  private final int batchSize;
  private final Augmentation augmentation;
  private final Seed seed;

  /**
   * @param seed of order and augmentation, the same in each pass
   */
  RunningStatistics(ImageDataset images, int batchSize, Augmentation augmentation, Seed seed) {
    this.images = images;
    this.batchSize = batchSize;
    this.augmentation = augmentation;
    this.seed = seed;
  }

  /** Replaces them by the means of the batches' statistics, each weighted by its images. */
  void estimateAnew(Network network) {
    try (TensorScope scope = TensorScope.open();
        NoGradGuard guard = new NoGradGuard()) {
      Map<String, Tensor> sums = WeightSpace.each(network.buffers(), torch::zeros_like);
      forEachBatch(
          network,
          (batch, share) -> {
            // after one batch, statistics that start as zero are the batch's times the momentum
            Map<String, Tensor> zeros = WeightSpace.each(network.buffers(), torch::zeros_like);
            Map<String, Tensor> values = new LinkedHashMap<>(network.parameters());
            values.putAll(zeros);
            network.forward(batch, Taps.none(), values);
            zeros.forEach(
                (name, moved) ->
                    Objects.requireNonNull(sums.get(name), name)
                        .add_(moved, new Scalar(share / momentum(network, name))));
          });
      network
          .buffers()
          .forEach((name, buffer) -> buffer.copy_(Objects.requireNonNull(sums.get(name), name)));
    }
  }

  /** Lets them follow the batches with the momentum of each layer, from where they are. */
  void moveOn(Network network) {
    try (TensorScope scope = TensorScope.open();
        NoGradGuard guard = new NoGradGuard()) {
      forEachBatch(network, (batch, share) -> network.forward(batch));
    }
  }

  /** What is done with one batch. */
  private interface Pass {
    /**
     * @param batch normalised images
     * @param share of all images that are in the batch
     */
    void over(Tensor batch, double share);
  }

  private void forEachBatch(Network network, Pass pass) {
    if (network.buffers().isEmpty()) {
      return;
    }
    BatchStream batches =
        new BatchStream(images.on(network.device()), batchSize, augmentation, false, seed);
    boolean before = network.training();
    network.training(true);
    network.noise(seed.child("noise"));
    try {
      for (int step = 0; step < batches.steps(); step++) {
        try (TensorScope scope = TensorScope.open()) {
          Tensor batch = batches.batch(0, step).images();
          pass.over(batch, (double) batch.size(0) / images.size());
        }
      }
    } finally {
      network.training(before);
    }
  }

  private static double momentum(Network network, String buffer) {
    String layer = buffer.substring(0, buffer.lastIndexOf('.'));
    return network.layers().stream()
        .filter(Layer.BatchNorm2d.class::isInstance)
        .map(Layer.BatchNorm2d.class::cast)
        .filter(norm -> norm.name().equals(layer))
        .mapToDouble(Layer.BatchNorm2d::momentum)
        .findFirst()
        .orElseThrow();
  }
}
