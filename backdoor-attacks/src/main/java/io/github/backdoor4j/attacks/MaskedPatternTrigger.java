package io.github.backdoor4j.attacks;

import io.github.backdoor4j.core.data.LearnedTrigger;
import io.github.backdoor4j.core.data.Normalization;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.TensorScope;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * Writes a pattern that one network makes for each image where another network's mask is: x' = x +
 * (p − x)·m, on normalised images.
 *
 * @param pattern Γ, whose output is normalised like an image
 * @param mask M, one channel
 * @param normalization of the data set
 * @param benchmark whether to store as the benchmark does, or rounded
 */
record MaskedPatternTrigger(
    PatternGenerator pattern, PatternGenerator mask, Normalization normalization, boolean benchmark)
    implements LearnedTrigger {

  private static final double STEEPNESS = 20;
  private static final double MIDDLE = 10;
  private static final double EPSILON = 1e-7;

  /** Pushes mask values in (0, 1) to the ends: T(z) = tanh(20z − 10)/2 + ½. */
  static Tensor sharpened(Tensor mask) {
    return mask.mul(new Scalar(STEEPNESS))
        .sub(new Scalar(MIDDLE))
        .tanh()
        .div(new Scalar(2 + EPSILON))
        .add(new Scalar(0.5));
  }

  /**
   * Writes patterns into images; differentiable.
   *
   * @param images N×C×H×W
   * @param patterns N×C×H×W
   * @param masks N×1×H×W in [0, 1]
   */
  static Tensor blend(Tensor images, Tensor patterns, Tensor masks) {
    return images.add(patterns.sub(images).mul(masks));
  }

  /** Masks N×1×H×W of normalised images, without gradients. */
  Tensor masks(Tensor images) {
    return sharpened(Frozen.apply(mask, images)).detach();
  }

  @Override
  public Tensor stamp(Tensor images, long[] indices) {
    return TensorScope.scoped(
        () -> {
          Tensor x = pattern.device().place(normalization.normalize(images));
          Tensor patterns = normalization.fromUnit(Frozen.apply(pattern, x));
          return ComputeDevice.of(images)
              .place(BenchmarkStore.store(blend(x, patterns, masks(x)), normalization, benchmark));
        });
  }

  @Override
  public Map<String, Tensor> state() {
    Map<String, Tensor> state = new LinkedHashMap<>();
    pattern.state().forEach((name, tensor) -> state.put("pattern." + name, tensor));
    mask.state().forEach((name, tensor) -> state.put("mask." + name, tensor));
    return state;
  }

  /** The state of one of the two networks, as {@link #state()} names it. */
  static Map<String, Tensor> part(String name, Map<String, Tensor> state) {
    String prefix = name + ".";
    Map<String, Tensor> part = new LinkedHashMap<>();
    state.forEach(
        (key, tensor) -> {
          if (key.startsWith(prefix)) {
            part.put(key.substring(prefix.length()), tensor);
          }
        });
    return part;
  }
}
