package io.github.backdoor4j.testkit;

import com.sun.jna.NativeLibrary;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Engine;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Assumptions;
import org.opentest4j.TestAbortedException;

/**
 * A device that is not the CPU, on any machine: libtorch's lazy device. It computes with the CPU's
 * kernels, but like a GPU it refuses to mix its tensors with those in host memory, and has no
 * memory that Java could read. So it shows what a GPU would, of where tensors are.
 *
 * <p>Of nothing else: it is slow, cannot compute everything, and may update a batch normalisation's
 * statistics twice, so what comes out is not to be compared.
 */
public final class StandInDevice {

  // C++ linkage: torch::lazy::InitTorchScriptBackend(), which the Java binding does not offer
  private static final String START = "_ZN5torch4lazy22InitTorchScriptBackendEv";

  // without these a scalar tensor of floats times a number is computed as doubles
  private static final List<String> NUMBERS =
      List.of(
          "FLAGS_torch_lazy_handle_special_scalars",
          "FLAGS_torch_lazy_all_numbers_special_scalars");

  // what libtorch says where the lazy device itself is at its end
  private static final Predicate<String> FLAW =
      Pattern.compile(
              "failed in the TorchScript interpreter|no fake impl or Meta kernel"
                  + "|no implementation for the backend")
          .asPredicate();

  private StandInDevice() {}

  /** Whether there is one: whether libtorch was built with it, and under the usual names. */
  public static boolean present() {
    return Holder.DEVICE.isPresent();
  }

  /**
   * Runs work on the device, in a scope of its own, and lets through what it throws. Aborts the
   * test where libtorch was built without the device.
   */
  public static void run(Consumer<ComputeDevice> work) {
    Assumptions.assumeTrue(present(), "libtorch was built without a lazy device");
    ComputeDevice device = Holder.DEVICE.orElseThrow();
    try (TensorScope scope = TensorScope.open()) {
      work.accept(device);
      settle(device);
    } catch (RuntimeException e) {
      settleQuietly(device);
      throw e;
    }
  }

  /**
   * The same with work that is known to ask for what the device cannot compute: aborts the test
   * there. What comes before that has been looked at.
   */
  public static void runAsFarAsItGoes(Consumer<ComputeDevice> work) {
    try {
      run(work);
    } catch (RuntimeException e) {
      if (FLAW.test(String.valueOf(e.getMessage()))) {
        throw new TestAbortedException("beyond libtorch's lazy device: " + e.getMessage(), e);
      }
      throw e;
    }
  }

  /** Waits for all work: what fails on the device is thrown by the next call that needs it. */
  private static void settle(ComputeDevice device) {
    device.place(Tensors.ofFloats(new float[] {1})).add(Tensors.scalar(1)).item_float();
  }

  private static void settleQuietly(ComputeDevice device) {
    try (TensorScope scope = TensorScope.open()) {
      settle(device);
    } catch (RuntimeException e) {
      // belongs to the work that has thrown already
    }
  }

  private static Optional<ComputeDevice> start() {
    Engine.start();
    Path binding = Path.of(Loader.load(torch.class));
    Path library = binding.resolveSibling(System.mapLibraryName("torch_cpu"));
    try {
      NativeLibrary engine = NativeLibrary.getInstance(library.toString());
      for (String flag : NUMBERS) {
        engine.getGlobalVariableAddress(flag).setByte(0, (byte) 1);
      }
      engine.getFunction(START).invokeVoid(new Object[0]);
      return Optional.of(new ComputeDevice("lazy", 0));
    } catch (UnsatisfiedLinkError e) {
      return Optional.empty();
    }
  }

  private static final class Holder {
    static final Optional<ComputeDevice> DEVICE = start();
  }
}
