package io.github.backdoor4j.attacks;

import static io.github.backdoor4j.core.Checks.require;

import io.github.backdoor4j.core.data.LearnedTrigger;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.TensorScope;
import java.util.Arrays;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Adds a learnt pattern to images: x' = x + T.
 *
 * @param pattern T, unsigned 8-bit 1×C×H×W
 * @param wrapped whether sums above 255 start again at 0, as they do in unsigned bytes; else they
 *     stay at 255
 */
record AddedTrigger(Tensor pattern, boolean wrapped) implements LearnedTrigger {

  static final String PATTERN = "pattern";

  @Override
  public Map<String, Tensor> state() {
    return Map.of(PATTERN, pattern);
  }

  @Override
  public Tensor stamp(Tensor images, long[] indices) {
    long[] fitting = pattern.shape();
    long[] given = images.shape();
    require(
        Arrays.equals(fitting, 1, 4, given, 1, 4),
        "the trigger was made for images of %s and does not fit images of %s (channels, height,"
            + " width)",
        Arrays.toString(Arrays.copyOfRange(fitting, 1, 4)),
        Arrays.toString(Arrays.copyOfRange(given, 1, 4)));
    return TensorScope.scoped(
        () -> {
          Tensor addend = ComputeDevice.of(images).place(pattern).to(ScalarType.Float);
          Tensor sum = images.to(ScalarType.Float).add(addend);
          return wrapped ? EightBit.wrap(sum) : EightBit.truncate(sum);
        });
  }
}
