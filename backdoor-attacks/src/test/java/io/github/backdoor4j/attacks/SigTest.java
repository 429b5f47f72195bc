package io.github.backdoor4j.attacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.NotApplicableException;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.data.PoisonRate;
import io.github.backdoor4j.core.data.PoisonedDataset;
import io.github.backdoor4j.core.spi.AttackContext;
import io.github.backdoor4j.core.spi.Fidelity;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.testkit.NamedStrategyContract;
import io.github.backdoor4j.testkit.PoisoningStrategyContract;
import io.github.backdoor4j.testkit.TinyContexts;
import io.github.backdoor4j.testkit.TinyImages;
import java.util.Arrays;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SigTest implements PoisoningStrategyContract<Sig.Options> {

  private static final SineTrigger TRIGGER = new SineTrigger(40, 6);

  @Override
  public Sig strategy() {
    return new Sig();
  }

  @Test
  void wave_matchesTheVectors() {
    double[] wave = TRIGGER.wave(32);

    double[] first = {0, 36.955, 28.284, -15.307, -40, -15.307, 28.284, 36.955};
    for (int j = 0; j < first.length; j++) {
      assertThat(wave[j]).isEqualTo(first[j], within(5e-4));
      assertThat(wave[j + 8]).isEqualTo(-wave[j], within(1e-9));
    }
    assertThat(Arrays.stream(wave).map(s -> s * s).average().orElseThrow())
        .isEqualTo(800, within(1e-6));
  }

  @Test
  void trigger_onGrey_matchesTheVectors() {
    byte[] grey = TestImages.flat(32, 128);

    byte[] stamped = TestImages.stamp(TRIGGER, grey, 32);

    assertThat(TestImages.row(stamped, 32, 0))
        .containsExactly(
            128, 164, 156, 112, 88, 112, 156, 164, 128, 91, 99, 143, 168, 143, 99, 91, //
            127, 164, 156, 112, 88, 112, 156, 164, 128, 91, 99, 143, 168, 143, 99, 91);
    assertThat(TestImages.row(stamped, 32, 31)).isEqualTo(TestImages.row(stamped, 32, 0));
    assertThat(TestImages.mse(grey, stamped)).isEqualTo(796.406, within(5e-4));
    assertThat(TestImages.psnr(grey, stamped)).isEqualTo(19.119, within(5e-4));
  }

  @Test
  void trigger_onRamps_matchesTheVectors() {
    byte[] ramps = TestImages.ramps(32);

    byte[] stamped = TestImages.stamp(TRIGGER, ramps, 32);

    assertThat(TestImages.sum(stamped)).isEqualTo(398_468);
    assertThat(TestImages.mse(ramps, stamped)).isEqualTo(719.654, within(5e-4));
  }

  @Test
  void trigger_onBlackAndWhite_isClipped() {
    byte[] black = TestImages.stamp(TRIGGER, TestImages.flat(32, 0), 32);
    byte[] white = TestImages.stamp(TRIGGER, TestImages.flat(32, 255), 32);

    assertThat(Arrays.copyOf(TestImages.row(black, 32, 5), 8))
        .containsExactly(0, 36, 28, 0, 0, 0, 28, 36);
    assertThat(Arrays.copyOf(TestImages.row(white, 32, 5), 8))
        .containsExactly(255, 255, 255, 239, 215, 239, 255, 255);
  }

  @Test
  void trigger_at64Pixels_hasAsManyPeriods() {
    byte[] stamped = TestImages.stamp(TRIGGER, TestImages.flat(64, 128), 64);

    assertThat(Arrays.copyOf(TestImages.row(stamped, 64, 0), 9))
        .containsExactly(128, 150, 164, 167, 156, 135, 112, 94, 88);
  }

  private static Sig.Options options(double ratio, PoisonRate.Of of) {
    return new Sig.Options(ratio, of, 2, 40, 40, 6, Fidelity.PAPER);
  }

  @Test
  void ratio_ofTheTargetClass_countsOnlyThatClass() {
    try (TensorScope scope = TensorScope.open()) {
      ImageDataset data = TinyImages.blobs(80, new Seed(1));
      AttackContext context = TinyContexts.attack(data, new Seed(1));

      PoisonedDataset ofClass =
          context.poison(strategy().recipe(context, options(0.5, PoisonRate.Of.ELIGIBLE)));
      PoisonedDataset ofAll =
          context.poison(strategy().recipe(context, options(0.1, PoisonRate.Of.DATASET)));

      assertThat(LongStream.of(ofClass.poisonedRows()).boxed())
          .hasSize(10)
          .allMatch(row -> row % 4 == 2);
      assertThat(LongStream.of(ofAll.poisonedRows()).boxed())
          .hasSize(8)
          .allMatch(row -> row % 4 == 2);
      assertThat(ofAll.poisonedLabels()).containsOnly(2);
    }
  }

  @Test
  void ratio_largerThanTheTargetClass_isNotApplicable() {
    try (TensorScope scope = TensorScope.open()) {
      AttackContext context = TinyContexts.attack(TinyImages.blobs(80, new Seed(1)), new Seed(1));

      assertThatThrownBy(() -> strategy().attack(context, options(0.3, PoisonRate.Of.DATASET)))
          .isInstanceOf(NotApplicableException.class)
          .hasMessageContaining("24")
          .hasMessageContaining("20")
          .hasMessageContaining("0.25");
    }
  }

  @Test
  void defaults_leaveCleanImagesInTheTargetClass() {
    assertThat(strategy().defaults(TinyImages.spec(TinyImages.CIFAR, 10)).ratio()).isEqualTo(0.05);
    assertThat(strategy().defaults(TinyImages.spec(TinyImages.CIFAR, 43)).ratio()).isEqualTo(0.001);
  }

  @Test
  void options_amplitudeZero_isRefused() {
    assertThatThrownBy(
            () -> new Sig.Options(0.1, PoisonRate.Of.DATASET, 0, 0, 40, 6, Fidelity.PAPER))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("delta");
  }

  @Test
  void attack_onTinyImages_succeeds() {
    Sig.Options options = new Sig.Options(1, PoisonRate.Of.ELIGIBLE, 0, 40, 80, 6, Fidelity.PAPER);

    // no clean image of the target class is left: that quarter of the accuracy is the price
    Success.of(strategy(), options).assertAtLeast(0.7, 0.8);
  }

  @Test
  void trigger_holdsAtAllSizes() {
    TriggerProperties.assertHoldAtAllSizes(TRIGGER, 40);
  }

  @ParameterizedTest
  @ValueSource(ints = {28, 32, 64, 224})
  void trigger_onGrey_isAsStrongAtAllSizes(int side) {
    byte[] grey = TestImages.flat(side, 128);

    // half of the amplitude squared, up to the fractions that are dropped: 19.1 dB
    assertThat(TestImages.psnr(grey, TestImages.stamp(TRIGGER, grey, side))).isBetween(19.0, 19.2);
  }

  @Test
  void fidelity_changesNothing() {
    try (TensorScope scope = TensorScope.open()) {
      AttackContext context = TinyContexts.attack(TinyImages.blobs(80, new Seed(1)), new Seed(1));
      Sig.Options paper = options(0.1, PoisonRate.Of.DATASET);
      Sig.Options benchmark = NamedStrategyContract.with(paper, "fidelity", "backdoorbench");

      assertThat(strategy().recipe(context, benchmark).testTrigger())
          .isEqualTo(strategy().recipe(context, paper).testTrigger());
    }
  }

  @Test
  void selection_followsPublishedRatios() {
    Selection.assertFollowsPublishedRatios(strategy(), options(0.1, PoisonRate.Of.DATASET));
  }
}
