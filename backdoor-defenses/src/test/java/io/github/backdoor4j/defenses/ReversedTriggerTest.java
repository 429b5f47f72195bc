package io.github.backdoor4j.defenses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.spi.Fidelity;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.testkit.TriggerChecks;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

class ReversedTriggerTest {

  private static final ImageShape SHAPE = new ImageShape(1, 1, 4);
  private static final long[] ONE = {0};

  private static ReversedTrigger trigger(float[] mask, float[] pattern) {
    return new ReversedTrigger(2, SHAPE, mask, pattern, true, 1);
  }

  private static long[] stamped(ReversedTrigger trigger, Fidelity fidelity, int... pixels) {
    try (TensorScope scope = TensorScope.open()) {
      byte[] bytes = new byte[pixels.length];
      for (int i = 0; i < pixels.length; i++) {
        bytes[i] = (byte) pixels[i];
      }
      Tensor image = Tensors.ofBytes(bytes, 1, 1, 1, pixels.length);
      return Tensors.toLongs(trigger.trigger(fidelity).stamp(image, ONE));
    }
  }

  @Test
  void norm_isTheSumOfTheMask() {
    float[] mask = {0.25f, 0.5f, 0, 1};

    assertThat(trigger(mask, new float[4]).norm()).isCloseTo(1.75, within(1e-9));
  }

  @Test
  void visible_usesOneMaskForAllChannels() {
    ReversedTrigger colour =
        new ReversedTrigger(
            0,
            new ImageShape(2, 1, 2),
            new float[] {0.5f, 1},
            new float[] {1, 0.5f, 0.25f, 0},
            true,
            1);

    assertThat(colour.visible()).containsExactly(0.5f, 0.5f, 0.125f, 0);
  }

  /** 200·.5 + 255·.5·1 = 227.5 → 228 (even); 101·.75 + 255·.25·.4 = 101.25 → 101; 7; 255. */
  @Test
  void stamping_ofPaper_blendsExactly() {
    ReversedTrigger trigger =
        trigger(new float[] {0.5f, 0.25f, 0, 1}, new float[] {1, 0.4f, 0.9f, 1});

    assertThat(stamped(trigger, Fidelity.PAPER, 200, 101, 7, 31)).containsExactly(228, 101, 7, 255);
  }

  /**
   * Mask (.25,.5,.25,.75) stretches to (0,.5,0,1), in 8 bits (0,128,0,255)/255. Mask × pattern
   * (.25,.5,.125,.375) stretches to (1/3,1,0,2/3), in 8 bits (85,255,0,170)/255. So 250 + 85 = 335
   * wraps to 79; 100·127/255 + 255 = 304.8 wraps to 48; 7; 0 + 170.
   */
  @Test
  void stamping_ofBenchmark_stretchesAndWrapsAround() {
    ReversedTrigger trigger =
        trigger(new float[] {0.25f, 0.5f, 0.25f, 0.75f}, new float[] {1, 1, 0.5f, 0.5f});

    assertThat(stamped(trigger, Fidelity.BACKDOORBENCH, 250, 100, 7, 31))
        .containsExactly(79, 48, 7, 170);
  }

  @Test
  void stretching_ofEqualValues_givesZeros() {
    assertThat(ReversedTrigger.stretch(new float[] {0.3f, 0.3f})).containsExactly(0, 0);
  }

  @Test
  void trigger_isPure() {
    ReversedTrigger trigger =
        trigger(new float[] {0.5f, 0.25f, 0, 1}, new float[] {1, 0.4f, 0.9f, 1});
    try (TensorScope scope = TensorScope.open()) {
      Tensor images = Tensors.ofBytes(new byte[] {1, 2, 3, 4, 50, 60, 70, 80}, 2, 1, 1, 4);

      for (Fidelity fidelity : Fidelity.values()) {
        TriggerChecks.assertPure(trigger.trigger(fidelity), images);
      }
    }
  }
}
