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

  /**
   * The faster one on a device. On a CPU 32 bits unless the processor lists units for bfloat16,
   * since emulated bfloat16 is many times slower; where there may be such units a convolution is
   * timed in both, once in a process, and bfloat16 is taken if it gains clearly.
   */
  public static Precision fastest(ComputeDevice device) {
    return BF16.hasUnits(device) ? Bfloat16.onceFaster(device) : FP32;
  }

  /**
   * Whether a device computes in this precision rather than emulating it, as far as is known
   * without trying: of CPUs what Linux lists; of GPUs always, since older ones are out of use here.
   */
  public boolean hasUnits(ComputeDevice device) {
    return this == FP32 || device.cuda() || Bfloat16.listed(Bfloat16.cpuInfo());
  }

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
