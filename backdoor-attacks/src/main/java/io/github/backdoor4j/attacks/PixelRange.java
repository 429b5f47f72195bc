package io.github.backdoor4j.attacks;

import com.google.common.primitives.Floats;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.Normalization;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * What normalised pixels may be.
 *
 * @param low lowest value, per channel
 * @param high highest value, per channel
 */
record PixelRange(List<Double> low, List<Double> high) {

  /** ImageNet's limits, with which the benchmark clips Tiny-ImageNet. */
  private static final double IMAGENET_LOW = -2.1179;

  private static final double IMAGENET_HIGH = 2.6400;

  /** The values of black and white, per channel. */
  static PixelRange of(Normalization normalization) {
    return new PixelRange(levels(normalization, 0), levels(normalization, 1));
  }

  private static List<Double> levels(Normalization normalization, double unit) {
    return IntStream.range(0, normalization.mean().size())
        .mapToObj(c -> (unit - normalization.mean().get(c)) / normalization.std().get(c))
        .toList();
  }

  /** The benchmark's limits: the widest of any channel for all of them. */
  static PixelRange benchmark(DatasetSpec data) {
    int channels = data.shape().channels();
    if (data.id().equals("tiny-imagenet")) {
      return new PixelRange(
          Collections.nCopies(channels, IMAGENET_LOW),
          Collections.nCopies(channels, IMAGENET_HIGH));
    }
    PixelRange exact = of(data.normalization());
    return new PixelRange(
        Collections.nCopies(channels, Collections.min(exact.low)),
        Collections.nCopies(channels, Collections.max(exact.high)));
  }

  /** Clips images N×C×H×W; differentiable. */
  Tensor clip(Tensor images) {
    return torch.minimum(torch.maximum(images, perChannel(low, images)), perChannel(high, images));
  }

  private static Tensor perChannel(List<Double> values, Tensor like) {
    Tensor vector = Tensors.ofFloats(Floats.toArray(values), 1, values.size(), 1, 1);
    return ComputeDevice.of(like).place(vector);
  }
}
