package io.github.backdoor4j.attacks;

import io.github.backdoor4j.core.data.Trigger;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.TensorScope;
import org.bytedeco.pytorch.AbstractTensor;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Adds s(j) = Δ·sin(2π·j·f/W) to every row and channel, clips to [0, 255] and drops the fraction.
 *
 * @param delta Δ, in grey levels
 * @param frequency f, periods over the width W
 */
record SineTrigger(double delta, double frequency) implements Trigger {

  /**
   * The wave over one row. In double precision on purpose: where it crosses zero it comes out a
   * hair below, and dropping the fraction then gives x − 1, as in the published images.
   */
  double[] wave(int width) {
    double[] wave = new double[width];
    for (int j = 0; j < width; j++) {
      wave[j] = delta * StrictMath.sin(2 * StrictMath.PI * j * frequency / width);
    }
    return wave;
  }

  @Override
  public Tensor stamp(Tensor images, long[] indices) {
    return TensorScope.scoped(
        () -> {
          int width = Math.toIntExact(images.size(3));
          Tensor wave = AbstractTensor.create(wave(width), 1, 1, 1, width);
          return EightBit.truncate(
              images.to(ScalarType.Double).add(ComputeDevice.of(images).place(wave)));
        });
  }
}
