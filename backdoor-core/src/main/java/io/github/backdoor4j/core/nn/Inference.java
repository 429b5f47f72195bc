package io.github.backdoor4j.core.nn;

import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.data.Normalization;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Precision;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.function.Function;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * Passes over many 8-bit images in evaluation mode: no gradients, no augmentation, large batches.
 *
 * @param device where to compute
 * @param precision of the forward pass
 * @param batchSize images at a time
 */
public record Inference(ComputeDevice device, Precision precision, int batchSize) {

  private static final int DEFAULT_BATCH = 256;

  /** Full precision in batches of 256. */
  public static Inference on(ComputeDevice device) {
    return new Inference(device, Precision.FP32, DEFAULT_BATCH);
  }

  /** The same in another precision. */
  public Inference in(Precision other) {
    return new Inference(device, other, batchSize);
  }

  /** Predicted label per image: the index of the largest logit, −1 where a logit is NaN. */
  public long[] predict(Network network, Tensor images, Normalization normalization) {
    Tensor labels =
        map(
            images,
            normalization,
            x -> labelsOf(precision.forward(device, () -> network.forward(x))),
            network);
    return Tensors.toLongs(labels);
  }

  /** Predicted label per image of a data set. */
  public long[] predict(Network network, ImageDataset data) {
    return predict(network, data.images(), data.spec().normalization());
  }

  private static Tensor labelsOf(Tensor logits) {
    // a NaN row must count as wrong, not as class 0
    Tensor broken = logits.isnan().any(1L);
    return logits
        .argmax(new org.bytedeco.pytorch.LongOptional(1), false)
        .masked_fill(broken, new org.bytedeco.pytorch.Scalar(-1L));
  }

  /** Logits N×K. */
  public Tensor logits(Network network, Tensor images, Normalization normalization) {
    return map(
        images, normalization, x -> precision.forward(device, () -> network.forward(x)), network);
  }

  /** Features at a tap, flattened to N×D, in one pass. */
  public Tensor features(Network network, Tensor images, Normalization normalization, String tap) {
    return map(
        images,
        normalization,
        x -> {
          Recorder recorder = new Recorder(tap);
          network.forward(x, recorder.taps());
          return recorder.get(tap).flatten(1, -1);
        },
        network);
  }

  /**
   * Applies a function to normalised batches and concatenates the results along the first
   * dimension. The network is in evaluation mode meanwhile.
   *
   * @param images N×C×H×W, unsigned 8-bit, on any device
   * @param function normalised batch → rows, one per image
   */
  public Tensor map(
      Tensor images,
      Normalization normalization,
      Function<Tensor, Tensor> function,
      Network network) {
    boolean before = network.training();
    network.training(false);
    try (TensorScope scope = TensorScope.open();
        NoGradGuard guard = new NoGradGuard()) {
      TensorVector parts = new TensorVector();
      long n = images.size(0);
      for (long from = 0; from < Math.max(n, 1); from += batchSize) { // n = 0: one empty batch
        Tensor batch = images.narrow(0, from, Math.min(batchSize, n - from));
        Tensor part =
            TensorScope.scoped(() -> function.apply(normalization.normalize(device.place(batch))));
        parts.push_back(part);
      }
      return scope.keep(torch.cat(parts, 0));
    } finally {
      network.training(before);
    }
  }
}
