package com.acme.backdoor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.data.PoisonedDataset;
import io.github.backdoor4j.core.spi.AttackContext;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.testkit.PoisoningStrategyContract;
import org.junit.jupiter.api.Test;

/** The contract, and what cover samples are. */
class CoveredTest implements PoisoningStrategyContract<Covered.Options> {

  @Override
  public Covered strategy() {
    return new Covered();
  }

  @Test
  void coverSamples_haveTheTrigger_keepTheirLabels_andAreNotFlagged() {
    try (TensorScope scope = TensorScope.open()) {
      AttackContext context = context(SEED);
      Covered.Options options = new Covered.Options("acme.checkerboard", 0.1, 0, 0.25);

      PoisonedDataset set = context.poison(strategy().recipe(context, options));

      PoisonedDataset cover = set.cover().orElseThrow();
      long[] rows = cover.poisonedRows();
      assertThat(rows).hasSize((int) Math.rint(0.25 * set.size()));
      boolean[] flags = set.flags();
      long[] labels = set.clean().labelValues();
      for (int i = 0; i < rows.length; i++) {
        assertThat(flags[(int) rows[i]]).isFalse();
        assertThat(cover.poisonedLabels()[i]).isEqualTo(labels[(int) rows[i]]);
      }
      Checkerboard plain = new Checkerboard();
      assertThat(Tensors.sha256(cover.poisonedImages()))
          .isEqualTo(
              Tensors.sha256(
                  plain
                      .trigger(context, plain.defaults(context.spec()))
                      .orElseThrow()
                      .stamp(Tensors.rows(set.clean().images(), rows), rows)));
    }
  }

  @Test
  void base_thatIsNoOtherAttack_isRefused() {
    try (TensorScope scope = TensorScope.open()) {
      AttackContext context = context(SEED);

      assertThatThrownBy(
              () -> strategy().recipe(context, new Covered.Options("acme.covered", 0.1, 0, 0.1)))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("name another");
      assertThatThrownBy(
              () -> strategy().recipe(context, new Covered.Options("nobody", 0.1, 0, 0.1)))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("nobody");
    }
  }
}
