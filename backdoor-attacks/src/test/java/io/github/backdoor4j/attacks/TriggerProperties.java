package io.github.backdoor4j.attacks;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.backdoor4j.core.data.Trigger;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.testkit.TriggerChecks;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** What triggers on 8-bit images keep at the image sizes of the data sets. */
final class TriggerProperties {

  private static final List<Integer> SIDES = List.of(28, 32, 64, 224);
  private static final List<Integer> CHANNELS = List.of(1, 3);

  private TriggerProperties() {}

  /**
   * Asserts that a trigger is pure and keeps shape and type at 28, 32, 64 and 224 pixels, with one
   * channel and with three, and changes no value by more than a bound.
   *
   * @param bound in grey levels
   */
  static void assertHoldAtAllSizes(Trigger trigger, int bound) {
    for (int channels : CHANNELS) {
      assertHoldAtAllSizes(trigger, channels, bound);
    }
  }

  /** The same for a trigger that is made for one number of channels. */
  static void assertHoldAtAllSizes(Trigger trigger, int channels, int bound) {
    for (int side : SIDES) {
      try (TensorScope scope = TensorScope.open()) {
        Tensor images = noise(channels, side);

        TriggerChecks.assertPure(trigger, images);

        assertThat(largestChange(images, trigger.stamp(images, new long[] {0, 1})))
            .as("largest change at %d pixels, %d channels", side, channels)
            .isBetween(1, bound);
      }
    }
  }

  /** Two images that take all values, the extremes included. */
  static Tensor noise(int channels, int side) {
    byte[] values = new byte[2 * channels * side * side];
    for (int i = 0; i < values.length; i++) {
      values[i] = (byte) ((i * 2_654_435_761L) >>> 16);
    }
    return Tensors.ofBytes(values, 2, channels, side, side);
  }

  static int largestChange(Tensor before, Tensor after) {
    return (int) after.to(ScalarType.Int).sub(before.to(ScalarType.Int)).abs().max().item_long();
  }
}
