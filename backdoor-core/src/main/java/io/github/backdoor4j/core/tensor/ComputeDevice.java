package io.github.backdoor4j.core.tensor;

import static io.github.backdoor4j.core.Checks.require;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;

/**
 * Where tensors live: the CPU, one CUDA device, or another device of libtorch's that a program has
 * set up itself. Passed explicitly; there is no global default.
 *
 * @param type libtorch's name for this kind of device: {@code cpu}, {@code cuda}, …
 * @param index ordinal of the device among those of its kind, 0 for the CPU
 */
public record ComputeDevice(String type, int index) {

  /** The CPU. */
  public static final ComputeDevice CPU = new ComputeDevice("cpu", 0);

  private static final String CUDA_TYPE = "cuda";

  private static final Pattern CUDA = Pattern.compile("cuda(?::(\\d{1,3}))?");

  /**
   * Reads {@code auto}, {@code cpu}, {@code cuda} or {@code cuda:n}. {@code auto} takes the first
   * CUDA device if there is one.
   *
   * @throws io.github.backdoor4j.core.UsageException for any other text, or a device that is absent
   */
  public static ComputeDevice parse(String text) {
    if (text.equals("cpu")) {
      return CPU;
    }
    if (text.equals("auto")) {
      return Engine.cudaAvailable() ? cuda(0) : CPU;
    }
    Matcher matcher = CUDA.matcher(text);
    require(matcher.matches(), "device must be auto, cpu, cuda or cuda:n, but was '%s'", text);
    int index = matcher.group(1) == null ? 0 : Integer.parseInt(matcher.group(1));
    int present = Engine.cudaDevices();
    require(
        index < present,
        "device '%s' is not there: %d CUDA device(s) usable. Use --device cpu, or start with the"
            + " CUDA natives (build with -Pcuda); 'backdoor4j doctor' shows what was found",
        text,
        present);
    return cuda(index);
  }

  /** A CUDA device, whether it is there or not. */
  public static ComputeDevice cuda(int index) {
    return new ComputeDevice(CUDA_TYPE, index);
  }

  /** Where a tensor lives. */
  public static ComputeDevice of(Tensor tensor) {
    if (tensor.is_cpu()) {
      return CPU;
    }
    if (tensor.is_cuda()) {
      return cuda(tensor.device().index());
    }
    String[] text = tensor.device().str().getString().split(":", 2); // "lazy:0"
    return new ComputeDevice(text[0], tensor.device().index());
  }

  /** Whether this is a CUDA device. */
  public boolean cuda() {
    return type.equals(CUDA_TYPE);
  }

  /** The engine's own device object. */
  public Device torch() {
    return new Device(toString());
  }

  /** The tensor on this device: itself if it is there already, a copy otherwise. */
  public Tensor place(Tensor tensor) {
    return of(tensor).equals(this) ? tensor : tensor.to(torch(), tensor.scalar_type());
  }

  /** Waits until the work queued on this device is done, for those who measure. */
  public void synchronize() {
    if (!equals(CPU)) {
      try (TensorScope scope = TensorScope.open()) {
        place(Tensors.ofFloats(new float[1], 1)).item_float(); // its turn comes last
      }
    }
  }

  @Override
  public String toString() {
    return equals(CPU) ? type : type + ":" + index;
  }
}
