package io.github.backdoor4j.attacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.NotApplicableException;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.data.Augmentation;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.data.Normalization;
import io.github.backdoor4j.core.spi.AttackContext;
import io.github.backdoor4j.core.spi.AttackOutcome;
import io.github.backdoor4j.core.spi.Fidelity;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.testkit.PoisoningStrategyContract;
import io.github.backdoor4j.testkit.TinyContexts;
import io.github.backdoor4j.testkit.TinyImages;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class BlindTest implements PoisoningStrategyContract<Blind.Options> {

  private static final ColourCross PATTERN = new ColourCross(3, 23);

  @Override
  public Blind strategy() {
    return new Blind();
  }

  private static Blind.Options options(
      Blind.Balance balance, double threshold, int history, Fidelity fidelity) {
    return new Blind.Options(0, balance, 1, 0.9, threshold, history, 3, 7, fidelity);
  }

  @Test
  void trigger_onRamps_matchesTheVectors() {
    byte[] ramps = TestImages.ramps(32);

    byte[] stamped = TestImages.stamp(PATTERN, ramps, 32);

    assertThat(TestImages.sum(stamped)).isEqualTo(398_926);
    assertThat(TestImages.mse(ramps, stamped)).isEqualTo(145.141, within(5e-4));
    List<String> changed = new ArrayList<>();
    for (int i = 0; i < 32 * 32; i++) {
      int value = stamped[i] & 0xFF;
      if (stamped[i] != ramps[i]) {
        assertThat(value).isIn(0, 255);
        changed.add(i / 32 + "," + i % 32 + (value == 0 ? "B" : "W"));
      }
    }
    assertThat(changed)
        .containsExactly(
            "3,23W", "3,24B", "3,25W", "4,24W", "5,25B", "6,24W", "7,23W", "7,24B", "7,25W");
  }

  @Test
  void stampNormalized_givesBlackAndWhiteTheirValues() {
    try (TensorScope scope = TensorScope.open()) {
      Normalization cifar =
          new Normalization(List.of(.4914, .4822, .4465), List.of(.247, .243, .261));
      Tensor images = Tensors.ofFloats(new float[2 * 3 * 32 * 32], 2, 3, 32, 32);

      Tensor stamped = PATTERN.stampNormalized(images, cifar);

      Tensor second = stamped.select(0, 1);
      assertThat(Tensors.toDoubles(second.select(1, 3).select(1, 23)))
          .containsExactly(new double[] {2.05911, 2.13086, 2.12069}, within(1e-5));
      assertThat(Tensors.toDoubles(second.select(1, 3).select(1, 24)))
          .containsExactly(new double[] {-1.98947, -1.98436, -1.71073}, within(1e-5));
      assertThat(stamped.count_nonzero(0).ne(Scalars.of(0)).sum().item_long()).isEqualTo(27);
      assertThat(Tensors.toFloats(images)).containsOnly(0);
    }
  }

  @Test
  void history_fullAndBelow_isNeeded() {
    try (TensorScope scope = TensorScope.open()) {
      LossHistory history = new LossHistory(1000);
      for (int i = 0; i < 999; i++) {
        history.add(0.1);
      }
      assertThat(history.below(1)).as("after 999 batches").isFalse();
      history.add(0.1);
      assertThat(history.below(1)).as("after 1,000 batches").isTrue();
      for (int i = 0; i < 1000; i++) {
        history.add(1);
      }
      assertThat(history.below(1)).as("mean of 1").isFalse();
      history.add(0.9);
      assertThat(history.below(1)).as("mean below 1").isTrue();
    }
  }

  @ParameterizedTest
  @EnumSource(Blind.Balance.class)
  void attack_actsOnceTheHistoryIsFull(Blind.Balance balance) {
    try (TensorScope scope = TensorScope.open()) {
      // 160 images in batches of 32: 5 of the 10 batches fill the history
      AttackOutcome outcome =
          strategy().attack(context(SEED), options(balance, 1e6, 5, Fidelity.BACKDOORBENCH));

      assertThat(outcome.history().curve("attack_active")).containsExactly(0, 1);
      assertThat(outcome.poisoned()).isEmpty();
    }
  }

  @Test
  void attack_lossTooHigh_neverActs() {
    try (TensorScope scope = TensorScope.open()) {
      AttackOutcome outcome =
          strategy()
              .attack(context(SEED), options(Blind.Balance.FIXED, 1e-6, 1, Fidelity.BACKDOORBENCH));

      assertThat(outcome.history().curve("attack_active")).containsExactly(0, 0);
    }
  }

  @ParameterizedTest
  @CsvSource({"PAPER, 1000, 2", "PAPER, 1, 1", "BACKDOORBENCH, 1000, 1000"})
  void window_shortTraining_isShortenedUnderPaperOnly(
      Fidelity fidelity, int history, int expected) {
    try (TensorScope scope = TensorScope.open()) {
      Blind.Options options = options(Blind.Balance.FIXED, 1, history, fidelity);

      assertThat(Blind.window(context(SEED), options)).isEqualTo(expected); // a quarter of 10
    }
  }

  @Test
  void attack_byTheBenchmark_onGreyImages_isNotApplicable() {
    try (TensorScope scope = TensorScope.open()) {
      DatasetSpec grey =
          new DatasetSpec(
              "grey",
              new ImageShape(1, 16, 16),
              List.of("one", "two"),
              Normalization.uniform(1, 0.5, 0.25),
              Augmentation.NONE);
      AttackContext context = TinyContexts.attack(TinyImages.blobs(grey, 8, SEED), SEED);

      assertThatThrownBy(
              () ->
                  strategy()
                      .attack(context, options(Blind.Balance.FIXED, 1, 1, Fidelity.BACKDOORBENCH)))
          .isInstanceOf(NotApplicableException.class)
          .hasMessageContaining("fidelity = paper");
      strategy().attack(context, options(Blind.Balance.FIXED, 1, 1, Fidelity.PAPER));
    }
  }

  @Test
  void trigger_outsideTheImage_isRefused() {
    try (TensorScope scope = TensorScope.open()) {
      Blind.Options options =
          new Blind.Options(0, Blind.Balance.FIXED, 1, 0.9, 1, 1, 3, 14, Fidelity.PAPER);

      assertThatThrownBy(() -> strategy().attack(context(SEED), options))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("column 14")
          .hasMessageContaining("0 to 13");
    }
  }

  @Test
  void options_longHistoryByTheBenchmark_isRefused() {
    assertThatThrownBy(() -> options(Blind.Balance.FIXED, 1, 1001, Fidelity.BACKDOORBENCH))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("1001");
  }

  @ParameterizedTest
  @EnumSource(Blind.Balance.class)
  void attack_onTinyImages_succeeds(Blind.Balance balance) {
    Success.of(strategy(), options(balance, 1, 1000, Fidelity.PAPER)).assertAtLeast(0.9, 0.95);
  }

  @Nested
  class ByTheBenchmark implements PoisoningStrategyContract<Blind.Options> {

    @Override
    public Blind strategy() {
      return new Blind();
    }

    @Override
    public Blind.Options options(DatasetSpec data) {
      return BlindTest.options(Blind.Balance.MGDA, 1e6, 5, Fidelity.BACKDOORBENCH);
    }
  }
}
