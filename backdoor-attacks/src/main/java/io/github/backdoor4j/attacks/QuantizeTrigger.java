package io.github.backdoor4j.attacks;

import io.github.backdoor4j.core.data.Trigger;
import io.github.backdoor4j.core.tensor.TensorScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Squeezes 8-bit images to few grey levels.
 *
 * @param quantizer to which levels
 * @param benchmark whether to store with the fraction dropped (0, 36, 72, 109, 145, 182, 218, 255
 *     for eight levels), as the benchmark does, or rounded
 */
record QuantizeTrigger(Quantizer quantizer, boolean benchmark) implements Trigger {

  @Override
  public Tensor stamp(Tensor images, long[] indices) {
    return TensorScope.scoped(
        () -> {
          Tensor squeezed = quantizer.apply(images.to(ScalarType.Float));
          return benchmark ? EightBit.truncate(squeezed) : EightBit.round(squeezed);
        });
  }
}
