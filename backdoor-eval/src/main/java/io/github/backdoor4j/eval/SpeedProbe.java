package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.function.Supplier;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** How fast a device multiplies matrices and convolves: best of a few short tries. */
final class SpeedProbe {

  private static final int SIDE = 1024;
  private static final int BATCH = 32;
  private static final int CHANNELS = 64;
  private static final int PIXELS = 32;
  private static final int KERNEL = 3;
  private static final int TRIES = 5;
  private static final double GIGA = 1e9;
  private static final double NANOS = 1e9;

  private final ComputeDevice device;
  private final GeneratorOptional generator;

  private SpeedProbe(ComputeDevice device, GeneratorOptional generator) {
    this.device = device;
    this.generator = generator;
  }

  /** Billions of floating-point operations per second of a matrix product. */
  static double matrixProduct(ComputeDevice device, ScalarType type) {
    try (TensorScope scope = TensorScope.open()) {
      SpeedProbe probe = new SpeedProbe(device, Tensors.generator(new Seed(0)));
      Tensor a = probe.uniform(SIDE, SIDE).to(type);
      Tensor b = probe.uniform(SIDE, SIDE).to(type);
      return 2.0 * SIDE * SIDE * SIDE / GIGA / seconds(() -> a.mm(b));
    }
  }

  /** The same of a 3×3 convolution as residual networks have. */
  static double convolution(ComputeDevice device) {
    try (TensorScope scope = TensorScope.open()) {
      SpeedProbe probe = new SpeedProbe(device, Tensors.generator(new Seed(0)));
      Tensor images = probe.uniform(BATCH, CHANNELS, PIXELS, PIXELS);
      Tensor weights = probe.uniform(CHANNELS, CHANNELS, KERNEL, KERNEL);
      double operations =
          2.0 * BATCH * CHANNELS * CHANNELS * PIXELS * PIXELS * KERNEL * KERNEL / GIGA;
      return operations / seconds(() -> torch.conv2d(images, weights));
    }
  }

  private Tensor uniform(long... shape) {
    return device.place(Tensors.uniform(generator, -1, 1, shape));
  }

  private static double seconds(Supplier<Tensor> work) {
    double best = Double.MAX_VALUE;
    for (int i = 0; i < TRIES; i++) {
      long start = System.nanoTime();
      try (TensorScope scope = TensorScope.open()) {
        work.get().sum().item_float(); // waits for the device
      }
      best = Math.min(best, (System.nanoTime() - start) / NANOS);
    }
    return best;
  }
}
