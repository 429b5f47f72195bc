package io.github.backdoor4j.attacks;

import com.google.common.primitives.Floats;
import io.github.backdoor4j.core.data.Normalization;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * How BackdoorBench stores the test images of attacks that work on normalised images: undone in
 * single precision, then the fraction dropped and no clamp. Since that arithmetic is not exact,
 * some grey levels come back one lower (of 256 levels on CIFAR-10: 68 in red, 40 in green, 48 in
 * blue).
 */
final class BenchmarkStore {

  private BenchmarkStore() {}

  /**
   * From normalised floats to stored pixels.
   *
   * @param normalized N×C×H×W floats
   * @return N×C×H×W unsigned 8-bit; values outside [0, 255] wrap around
   */
  static Tensor toBytes(Tensor normalized, Normalization normalization) {
    ComputeDevice device = ComputeDevice.of(normalized);
    List<Double> inverse = normalization.std().stream().map(std -> 1 / std).toList();
    Tensor unit =
        normalized
            .div(device.place(perChannel(inverse)))
            .add(device.place(perChannel(normalization.mean())));
    return EightBit.wrap(unit.mul(new Scalar(255.0)));
  }

  /**
   * From normalised floats to the pixels that an attack stores.
   *
   * @param benchmark whether as the benchmark does, or rounded to the nearest level and clamped
   */
  static Tensor store(Tensor normalized, Normalization normalization, boolean benchmark) {
    return benchmark ? toBytes(normalized, normalization) : normalization.toBytes(normalized);
  }

  private static Tensor perChannel(List<Double> values) {
    return Tensors.ofFloats(Floats.toArray(values), 1, values.size(), 1, 1);
  }
}
