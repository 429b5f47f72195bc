package io.github.backdoor4j.core.data;

import static io.github.backdoor4j.core.Checks.require;

import com.google.common.primitives.Floats;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Per-channel normalisation of images: (u/255 − mean) / std.
 *
 * @param mean per channel, in units of [0, 1]
 * @param std per channel, in units of [0, 1], greater than zero
 */
public record Normalization(List<Double> mean, List<Double> std) {

  public Normalization {
    mean = List.copyOf(mean);
    std = List.copyOf(std);
    require(
        mean.size() == std.size() && std.stream().allMatch(s -> s > 0),
        "normalisation needs as many means as positive deviations, but got %s and %s",
        mean,
        std);
  }

  /** The same mean and deviation for each of {@code channels} planes. */
  public static Normalization uniform(int channels, double mean, double std) {
    return new Normalization(
        java.util.Collections.nCopies(channels, mean),
        java.util.Collections.nCopies(channels, std));
  }

  /**
   * Normalises images.
   *
   * @param images N×C×H×W, unsigned 8-bit
   * @return N×C×H×W floats on the same device
   */
  public Tensor normalize(Tensor images) {
    return fromUnit(images.to(ScalarType.Float).div_(new Scalar(255.0)));
  }

  /** Normalises floats in [0, 1]; differentiable. */
  public Tensor fromUnit(Tensor unit) {
    return unit.sub(perChannel(mean, unit)).div(perChannel(std, unit));
  }

  /** Back from normalised values to floats nominally in [0, 1]; differentiable, not clamped. */
  public Tensor toUnit(Tensor normalized) {
    return normalized.mul(perChannel(std, normalized)).add(perChannel(mean, normalized));
  }

  /**
   * Back from normalised values to unsigned 8-bit images, rounded to nearest (ties to even) and
   * clamped.
   */
  public Tensor toBytes(Tensor normalized) {
    return toUnit(normalized)
        .mul(new Scalar(255.0))
        .round()
        .clamp_(
            new org.bytedeco.pytorch.ScalarOptional(new Scalar(0.0)),
            new org.bytedeco.pytorch.ScalarOptional(new Scalar(255.0)))
        .to(ScalarType.Byte);
  }

  private static Tensor perChannel(List<Double> values, Tensor like) {
    Tensor vector = Tensors.ofFloats(Floats.toArray(values), 1, values.size(), 1, 1);
    return ComputeDevice.of(like).place(vector);
  }
}
