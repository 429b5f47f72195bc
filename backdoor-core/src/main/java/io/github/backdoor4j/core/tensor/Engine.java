package io.github.backdoor4j.core.tensor;

import io.github.backdoor4j.core.EngineException;
import org.bytedeco.openblas.global.openblas_nolapack;
import org.bytedeco.pytorch.global.torch;

/**
 * The tensor engine, libtorch: started once per process, on first use.
 *
 * <p>Nothing in this class loads native code before {@link #start()}, so that commands which need
 * no tensor stay fast.
 */
public final class Engine {

  private static final String VERSION = "libtorch 2.10.0 (org.bytedeco:pytorch 2.10.0-1.5.13)";

  private Engine() {}

  /**
   * Loads libtorch if that has not happened yet. Cheap when called again.
   *
   * @throws EngineException if the native libraries are not on the class path or do not load
   */
  public static void start() {
    try {
      Holder.touch();
    } catch (UnsatisfiedLinkError | NoClassDefFoundError | ExceptionInInitializerError e) {
      throw new EngineException(
          e,
          "The tensor engine did not start (%s). Put the natives of your platform on the class"
              + " path (org.bytedeco:pytorch and org.bytedeco:openblas with a platform classifier,"
              + " see backdoor-bom); 'backdoor4j doctor' shows what was found.",
          e.toString());
    }
  }

  /** Name and version of the engine, for records; does not load it. */
  public static String version() {
    return VERSION;
  }

  /** Number of threads one operation may use. */
  public static int threads() {
    start();
    return torch.get_num_threads();
  }

  /**
   * Sets the number of threads one operation may use, for the whole process. Results are
   * bit-identical only between runs with the same number.
   */
  public static void threads(int count) {
    start();
    torch.set_num_threads(count);
  }

  /** Instruction set that the CPU kernels use, for example {@code AVX2}. */
  public static String cpuCapability() {
    start();
    return torch.get_cpu_capability().getString();
  }

  /** Whether a CUDA device can be used; false with CPU natives. */
  public static boolean cudaAvailable() {
    start();
    return torch.cuda_is_available();
  }

  /** Number of CUDA devices; 0 with CPU natives. */
  public static int cudaDevices() {
    start();
    return torch.cuda_is_available() ? torch.cuda_device_count() : 0;
  }

  /** Build description of the native library. */
  public static String configuration() {
    start();
    return torch.show_config().getString();
  }

  /** Initialised by the JVM exactly once, by the first thread that needs the engine. */
  private static final class Holder {
    static {
      NativeChoice.make();
      NativeChoice.folders().forEach(NativeFiles::extract);
      // OpenBLAS keeps spinning threads of its own beside libtorch's: LU crashes at n >= 512 and
      // every BLAS call stalls the operations after it. One BLAS thread cures both.
      openblas_nolapack.blas_set_num_threads(1);
      torch.get_num_threads();
    }

    private Holder() {}

    static void touch() {}
  }
}
