package io.github.backdoor4j.attacks;

import io.github.backdoor4j.core.data.LearnedTrigger;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.TensorScope;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Adds one pattern to every image, clips to [0, 255] and drops the fraction. Images of another size
 * get the pattern resized bilinearly.
 *
 * @param pattern 1×C×H×W floats, in grey levels
 */
record SmoothTrigger(Tensor pattern) implements LearnedTrigger {

  static final String PATTERN = "pattern";

  @Override
  public Map<String, Tensor> state() {
    return Map.of(PATTERN, pattern);
  }

  @Override
  public Tensor stamp(Tensor images, long[] indices) {
    return TensorScope.scoped(
        () -> {
          Tensor fitted = ComputeDevice.of(images).place(fitted(images.size(2), images.size(3)));
          return EightBit.truncate(images.to(ScalarType.Float).add(fitted));
        });
  }

  private Tensor fitted(long height, long width) {
    return pattern.size(2) == height && pattern.size(3) == width
        ? pattern
        : torch.upsample_bilinear2d(pattern, new long[] {height, width}, false);
  }
}
