package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.data.TriggeredSet;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** How much a trigger changes images. */
final class TriggerVisibility {

  private static final double PEAK = 255.0 * 255.0;
  private static final double DECIBEL = 10;

  private TriggerVisibility() {}

  /**
   * Peak signal-to-noise ratio of triggered images: 10·log10(255²/MSE), the error being averaged
   * over all images, channels and pixels.
   *
   * @return decibels; infinite if nothing changed
   */
  static double psnr(ImageDataset test, TriggeredSet triggered) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor clean = Tensors.rows(test.images(), triggered.rows()).to(ScalarType.Float);
      Tensor error = triggered.images().to(ScalarType.Float).sub(clean).square();
      return DECIBEL * Math.log10(PEAK / error.to(ScalarType.Double).mean().item_double());
    }
  }
}
