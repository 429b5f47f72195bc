package io.github.backdoor4j.core.tensor;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Whether a processor or a GPU is better off with bfloat16. */
final class Bfloat16 {

  private static final Path CPU_INFO = Path.of("/proc/cpuinfo");
  private static final List<String> UNITS = List.of("avx512_bf16", "amx_bf16");
  private static final double CLEARLY = 1.3;
  private static final int TRIES = 5;
  private static final long BATCH = 8;
  private static final long GPU_BATCH = 1024;
  private static final int GPU_PASSES = 20;
  private static final long CHANNELS = 64;
  private static final long PIXELS = 16;

  private static final ConcurrentMap<ComputeDevice, Precision> FOUND = new ConcurrentHashMap<>();

  private Bfloat16() {}

  /** What Linux says of the processor; empty elsewhere. */
  static String cpuInfo() {
    try {
      return Files.isReadable(CPU_INFO)
          ? Files.readString(CPU_INFO, StandardCharsets.US_ASCII)
          : "";
    } catch (IOException e) {
      return "";
    }
  }

  /** Whether a processor's flags name units for bfloat16. */
  static boolean listed(String cpuInfo) {
    return cpuInfo
        .lines()
        .filter(line -> line.startsWith("flags"))
        .flatMap(line -> Arrays.stream(line.split("\\s+", -1)))
        .anyMatch(UNITS::contains);
  }

  /** What {@link #faster} found on a device, so that one process decides once. */
  static Precision onceFaster(ComputeDevice device) {
    return FOUND.computeIfAbsent(device, Bfloat16::faster);
  }

  /** Times a 3×3 convolution in both precisions: the best of a few tries each, alternating. */
  static Precision faster(ComputeDevice device) {
    try (TensorScope scope = TensorScope.open();
        NoGradGuard guard = new NoGradGuard()) {
      long batch = device.cuda() ? GPU_BATCH : BATCH;
      Tensor images = device.place(torch.ones(batch, CHANNELS, PIXELS, PIXELS));
      Tensor weights = device.place(torch.ones(CHANNELS, CHANNELS, 3, 3));
      double full = Double.MAX_VALUE;
      double half = Double.MAX_VALUE;
      for (int i = 0; i <= TRIES; i++) {
        double fullNow = seconds(Precision.FP32, device, images, weights);
        double halfNow = seconds(Precision.BF16, device, images, weights);
        if (i > 0) { // the first round warms up
          full = Math.min(full, fullNow);
          half = Math.min(half, halfNow);
        }
      }
      return chosen(full, half);
    }
  }

  /** Of the two by the seconds each took. */
  static Precision chosen(double full, double half) {
    return half * CLEARLY < full ? Precision.BF16 : Precision.FP32;
  }

  private static double seconds(
      Precision precision, ComputeDevice device, Tensor images, Tensor weights) {
    try (TensorScope scope = TensorScope.open()) {
      device.synchronize();
      long start = System.nanoTime();
      // a GPU would be done before it has been waited for
      for (int i = 0; i < (device.cuda() ? GPU_PASSES : 1); i++) {
        precision.forward(device, () -> torch.conv2d(images, weights));
      }
      device.synchronize();
      return System.nanoTime() - start;
    }
  }
}
