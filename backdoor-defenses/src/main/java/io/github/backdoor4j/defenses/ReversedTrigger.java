package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.data.Trigger;
import io.github.backdoor4j.core.spi.Fidelity;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The smallest change found that turns any image into one class.
 *
 * @param label the class
 * @param shape of the images
 * @param mask how much of each pixel is replaced, in (0, 1), rows × columns
 * @param pattern what it is replaced with, in (0, 1), channels × rows × columns
 * @param reached whether the wanted success rate was reached; if not, this is the first epoch's
 *     trigger
 * @param epochs that were run
 */
record ReversedTrigger(
    int label, ImageShape shape, float[] mask, float[] pattern, boolean reached, int epochs) {

  /** L1 norm of the mask: in effect, how many pixels the trigger takes. */
  double norm() {
    double sum = 0;
    for (float value : mask) {
      sum += Math.abs(value);
    }
    return sum;
  }

  /** What is added to an image, mask × pattern, channels × rows × columns. */
  float[] visible() {
    float[] product = pattern.clone();
    for (int i = 0; i < product.length; i++) {
      product[i] *= mask[i % mask.length];
    }
    return product;
  }

  /**
   * The trigger on 8-bit images. {@link Fidelity#PAPER}: (1 − m)·x + m·p, rounded to nearest.
   * {@link Fidelity#BACKDOORBENCH}: mask and mask × pattern each stretched to [0, 1] and rounded to
   * 8 bits, as they pass through image files there, and the sum wrapped around at 256.
   */
  Trigger trigger(Fidelity fidelity) {
    return (images, indices) ->
        TensorScope.scoped(() -> fidelity == Fidelity.PAPER ? blended(images) : stretched(images));
  }

  private Tensor blended(Tensor images) {
    Tensor m = onDeviceOf(images, mask, 1);
    Tensor added = onDeviceOf(images, visible(), shape.channels()).mul(new Scalar(255.0));
    return images
        .to(ScalarType.Float)
        .mul(m.neg().add(new Scalar(1.0)))
        .add(added)
        .round()
        .clamp(new ScalarOptional(new Scalar(0.0)), new ScalarOptional(new Scalar(255.0)))
        .to(ScalarType.Byte);
  }

  private Tensor stretched(Tensor images) {
    Tensor m = onDeviceOf(images, stretch(mask), 1);
    Tensor added = onDeviceOf(images, stretch(visible()), shape.channels());
    return images
        .to(ScalarType.Float)
        .mul(m.neg().add(new Scalar(1.0)))
        .add(added.mul(new Scalar(255.0)))
        .to(ScalarType.Long) // truncates
        .remainder(new Scalar(256L))
        .to(ScalarType.Byte);
  }

  private Tensor onDeviceOf(Tensor images, float[] values, int channels) {
    return ComputeDevice.of(images)
        .place(Tensors.ofFloats(values, 1, channels, shape.height(), shape.width()));
  }

  /** Stretched to [0, 1] and rounded to multiples of 1/255. */
  static float[] stretch(float[] values) {
    float low = Float.POSITIVE_INFINITY;
    float high = Float.NEGATIVE_INFINITY;
    for (float value : values) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    float[] stretched = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      stretched[i] = Math.round((values[i] - low) / Math.max(high - low, 1e-5f) * 255) / 255f;
    }
    return stretched;
  }
}
