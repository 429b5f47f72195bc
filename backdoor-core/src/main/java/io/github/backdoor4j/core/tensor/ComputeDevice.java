package io.github.backdoor4j.core.tensor;

import static io.github.backdoor4j.core.Checks.require;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;

/**
 * Where tensors live: the CPU or one CUDA device. Passed explicitly; there is no global default.
 *
 * @param cuda whether this is a CUDA device
 * @param index ordinal of the CUDA device, 0 for the CPU
 */
public record ComputeDevice(boolean cuda, int index) {

  /** The CPU. */
  public static final ComputeDevice CPU = new ComputeDevice(false, 0);

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
      return Engine.cudaAvailable() ? new ComputeDevice(true, 0) : CPU;
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
    return new ComputeDevice(true, index);
  }

  /** Where a tensor lives. */
  public static ComputeDevice of(Tensor tensor) {
    return tensor.is_cuda() ? new ComputeDevice(true, tensor.device().index()) : CPU;
  }

  /** The engine's own device object. */
  public Device torch() {
    return new Device(toString());
  }

  /** The tensor on this device: itself if it is there already, a copy otherwise. */
  public Tensor place(Tensor tensor) {
    boolean there = tensor.is_cuda() == cuda && (!cuda || tensor.device().index() == index);
    return there ? tensor : tensor.to(torch(), tensor.scalar_type());
  }

  /** Waits until the work queued on this device is done, for those who measure. */
  public void synchronize() {
    if (cuda) {
      try (TensorScope scope = TensorScope.open()) {
        place(Tensors.ofFloats(new float[1], 1)).item_float(); // its turn comes last
      }
    }
  }

  @Override
  public String toString() {
    return cuda ? "cuda:" + index : "cpu";
  }
}
