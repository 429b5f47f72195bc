package io.github.backdoor4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.backdoor4j.core.data.Trigger;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Checks on triggers. */
public final class TriggerChecks {

  private TriggerChecks() {}

  /**
   * Asserts what {@link Trigger} promises: it leaves its input untouched, keeps shape and type,
   * changes something, gives the same for the same, and treats an image the same in every batch.
   *
   * @param images unsigned 8-bit N×C×H×W, at least two
   */
  public static void assertPure(Trigger trigger, Tensor images) {
    long[] rows = LongStream.range(0, images.size(0)).toArray();
    String before = Tensors.sha256(images);

    Tensor stamped = trigger.stamp(images, rows);

    assertThat(Tensors.sha256(images)).as("the trigger's input after stamping").isEqualTo(before);
    assertThat(stamped.scalar_type().intern()).as("type").isEqualTo(ScalarType.Byte);
    assertThat(stamped.shape()).as("shape").isEqualTo(images.shape());
    String result = Tensors.sha256(stamped);
    assertThat(result).as("triggered images").isNotEqualTo(before);
    assertThat(Tensors.sha256(trigger.stamp(images, rows)))
        .as("the same images stamped again")
        .isEqualTo(result);
    long last = images.size(0) - 1;
    Tensor alone = trigger.stamp(images.narrow(0, last, 1), new long[] {last});
    assertThat(Tensors.sha256(alone))
        .as("the last image stamped alone")
        .isEqualTo(Tensors.sha256(stamped.narrow(0, last, 1)));
  }
}
