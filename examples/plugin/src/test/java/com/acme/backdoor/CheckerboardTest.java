package com.acme.backdoor;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.backdoor4j.core.data.Trigger;
import io.github.backdoor4j.core.spi.AttackContext;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.testkit.PoisoningStrategyContract;
import org.junit.jupiter.api.Test;

/** The contract that every attack keeps, and one test of what is special about this one. */
class CheckerboardTest implements PoisoningStrategyContract<Checkerboard.Options> {

  @Override
  public Checkerboard strategy() {
    return new Checkerboard();
  }

  @Test
  void trigger_alternates_andStaysWithinEightBits() {
    try (TensorScope scope = TensorScope.open()) {
      AttackContext context = context(SEED);
      Trigger trigger = strategy().trigger(context, new Checkerboard.Options(0.1, 0, 20)).get();
      byte[] image = {0, 10, 100, (byte) 250};

      byte[] stamped =
          Tensors.toBytes(trigger.stamp(Tensors.ofBytes(image, 1, 1, 2, 2), new long[] {0}));

      assertThat(stamped).isEqualTo(new byte[] {0, 30, 120, (byte) 230});
    }
  }
}
