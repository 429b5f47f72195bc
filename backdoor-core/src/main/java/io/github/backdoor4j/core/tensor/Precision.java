package io.github.backdoor4j.core.tensor;

import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Arithmetic of the forward pass. Weights, optimiser and loss are always 32-bit. */
public enum Precision {
  /** 32-bit floating point. */
  FP32,
  /**
   * bfloat16 autocast. Faster only on processors and GPUs with bfloat16 units; several times slower
   * elsewhere. Input gradients lose sign agreement, so attacks on inputs and trigger inversion stay
   * in {@link #FP32}.
   */
  BF16;

  /** Runs a forward pass in this precision and returns its result as 32-bit floats. */
  public Tensor forward(ComputeDevice device, Supplier<Tensor> pass) {
    if (this == FP32) {
      return pass.get();
    }
    DeviceType type = device.cuda() ? DeviceType.CUDA : DeviceType.CPU;
    torch.set_autocast_enabled(type, true);
    torch.set_autocast_dtype(type, ScalarType.BFloat16);
    try {
      return pass.get().to(ScalarType.Float);
    } finally {
      // without this the weights' bfloat16 copies are reused and training silently stands still
      torch.clear_cache();
      torch.set_autocast_enabled(type, false);
    }
  }
}
