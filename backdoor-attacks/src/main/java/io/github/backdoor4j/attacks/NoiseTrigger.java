package io.github.backdoor4j.attacks;

import io.github.backdoor4j.core.data.LearnedTrigger;
import io.github.backdoor4j.core.data.Normalization;
import io.github.backdoor4j.core.nn.Model;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.TensorScope;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * Adds noise that a network makes for each image: x' = clip(x + ε·A(x)), on normalised images.
 *
 * @param generator A
 * @param epsilon ε, in normalised units
 * @param range to which results are clipped
 * @param normalization of the data set
 * @param benchmark whether to store as the benchmark does, or rounded
 */
record NoiseTrigger(
    Model generator,
    double epsilon,
    PixelRange range,
    Normalization normalization,
    boolean benchmark)
    implements LearnedTrigger {

  /**
   * Adds noise; differentiable in the noise.
   *
   * @param images N×C×H×W normalised floats
   * @param noise in (−1, 1), of the same shape
   */
  static Tensor add(Tensor images, Tensor noise, double epsilon, PixelRange range) {
    return range.clip(images.add(noise, new Scalar(epsilon)));
  }

  @Override
  public Tensor stamp(Tensor images, long[] indices) {
    return TensorScope.scoped(
        () -> {
          Tensor x = generator.device().place(normalization.normalize(images));
          Tensor triggered = add(x, Frozen.apply(generator, x), epsilon, range);
          return ComputeDevice.of(images)
              .place(BenchmarkStore.store(triggered, normalization, benchmark));
        });
  }

  @Override
  public Map<String, Tensor> state() {
    return generator.state();
  }
}
