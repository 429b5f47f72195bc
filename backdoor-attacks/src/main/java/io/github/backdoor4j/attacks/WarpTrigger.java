package io.github.backdoor4j.attacks;

import io.github.backdoor4j.core.data.Normalization;
import io.github.backdoor4j.core.data.Trigger;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.TensorScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Warps 8-bit images.
 *
 * @param warp for any size
 * @param normalization of the data set, through which the benchmark goes
 * @param benchmark whether to normalise, warp and store with the fraction dropped as the benchmark
 *     does, or to warp the grey levels themselves and round
 */
record WarpTrigger(Warp warp, Normalization normalization, boolean benchmark) implements Trigger {

  @Override
  public Tensor stamp(Tensor images, long[] indices) {
    return TensorScope.scoped(
        () -> {
          Tensor grid = warp.grid(images.size(2), images.size(3), ComputeDevice.of(images));
          return benchmark
              ? BenchmarkStore.toBytes(
                  Warp.apply(normalization.normalize(images), grid), normalization)
              : EightBit.round(Warp.apply(images.to(ScalarType.Float), grid));
        });
  }
}
