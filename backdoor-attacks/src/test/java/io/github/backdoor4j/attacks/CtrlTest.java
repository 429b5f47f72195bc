package io.github.backdoor4j.attacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.data.PoisonRate;
import io.github.backdoor4j.core.data.PoisonRecipe;
import io.github.backdoor4j.core.data.Trigger;
import io.github.backdoor4j.core.spi.AttackContext;
import io.github.backdoor4j.core.spi.Fidelity;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.testkit.PoisoningStrategyContract;
import io.github.backdoor4j.testkit.TinyContexts;
import io.github.backdoor4j.testkit.TinyImages;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Numbers that the specification lacks come from SciPy's transform of every window. */
class CtrlTest implements PoisoningStrategyContract<Ctrl.Options> {

  @Override
  public Ctrl strategy() {
    return new Ctrl();
  }

  private static Ctrl.Options options(double magnitude, int window, Fidelity fidelity) {
    return new Ctrl.Options(
        0.1,
        PoisonRate.Of.DATASET,
        0,
        magnitude,
        magnitude,
        List.of(1, 2),
        List.of(15, 31),
        window,
        fidelity);
  }

  private static Trigger trigger(int window, Fidelity fidelity) {
    return options(100, window, fidelity).trigger(100);
  }

  private static int[] pixel(byte[] image, int side, int row, int column) {
    int at = row * side + column;
    int plane = side * side;
    return new int[] {image[at] & 0xFF, image[at + plane] & 0xFF, image[at + 2 * plane] & 0xFF};
  }

  @ParameterizedTest
  @EnumSource(Fidelity.class)
  void trigger_onGrey_matchesTheVectors(Fidelity fidelity) {
    byte[] grey = TestImages.flat(32, 128);

    byte[] stamped = TestImages.stamp(trigger(0, fidelity), grey, 32);

    assertThat(pixel(stamped, 32, 0, 0)).containsExactly(131, 124, 134);
    assertThat(pixel(stamped, 32, 0, 1)).containsExactly(124, 130, 122);
    assertThat(pixel(stamped, 32, 5, 20)).containsExactly(124, 131, 121);
    assertThat(TestImages.sum(stamped)).isEqualTo(391_680);
    assertThat(TestImages.mse(grey, stamped)).isEqualTo(41.297, within(5e-4));
    assertThat(TestImages.psnr(grey, stamped)).isEqualTo(31.97, within(5e-3));
    assertThat(TestImages.largestChange(grey, stamped)).isEqualTo(22);
  }

  @Test
  void trigger_onRamps_byThePaper_isClamped() {
    byte[] ramps = TestImages.ramps(32);

    byte[] stamped = TestImages.stamp(trigger(0, Fidelity.PAPER), ramps, 32);

    assertThat(TestImages.sum(stamped)).isEqualTo(398_157);
    assertThat(TestImages.psnr(ramps, stamped)).isEqualTo(32.12, within(5e-3));
    assertThat(TestImages.largestChange(ramps, stamped)).isEqualTo(22);
  }

  @Test
  void trigger_onRamps_byTheBenchmark_wrapsAround() {
    byte[] ramps = TestImages.ramps(32);

    byte[] stamped = TestImages.stamp(trigger(0, Fidelity.BACKDOORBENCH), ramps, 32);

    assertThat(TestImages.sum(stamped)).isEqualTo(399_405);
    assertThat(TestImages.psnr(ramps, stamped)).isEqualTo(17.02, within(5e-3));
    assertThat(TestImages.largestChange(ramps, stamped)).isEqualTo(255);
  }

  @ParameterizedTest
  @CsvSource({
    "28, 0, paper, 319392", // a window of 32 that is cut off
    "64, 0, paper, 1573260", // four windows
    "64, 0, backdoorbench, 1574367", // one window of 64
    "64, 64, paper, 1573107",
    "64, 32, backdoorbench, 1572740",
    "224, 0, paper, 19111457", // 49 windows
    "224, 0, backdoorbench, 19106184"
  })
  void trigger_atOtherSizes_matchesSciPy(int side, int window, String fidelity, long sum) {
    Trigger trigger = trigger(window, Fidelity.valueOf(fidelity.toUpperCase(Locale.ROOT)));

    byte[] stamped = TestImages.stamp(trigger, TestImages.ramps(side), side);

    assertThat(TestImages.sum(stamped)).isEqualTo(sum);
  }

  @Test
  void trigger_onOneChannel_marksThatChannel() {
    byte[] grey = new byte[28 * 28];
    Arrays.fill(grey, (byte) 128);
    try (TensorScope scope = TensorScope.open()) {
      Tensor image = Tensors.ofBytes(grey, 1, 1, 28, 28);

      byte[] stamped = Tensors.toBytes(trigger(0, Fidelity.PAPER).stamp(image, new long[] {0}));

      assertThat(Arrays.copyOf(TestImages.row(stamped, 28, 0), 4))
          .containsExactly(131, 125, 124, 129);
      assertThat(TestImages.sum(stamped)).isEqualTo(99_960);
    }
  }

  @Test
  void trigger_holdsAtAllSizes() {
    TriggerProperties.assertHoldAtAllSizes(trigger(0, Fidelity.PAPER), 22);
  }

  @Test
  void recipe_takesTrainingAndTestMagnitudeApart() {
    Ctrl.Options options =
        new Ctrl.Options(
            0.1, PoisonRate.Of.ELIGIBLE, 2, 50, 200, List.of(0), List.of(3), 16, Fidelity.PAPER);
    try (TensorScope scope = TensorScope.open()) {
      AttackContext context = TinyContexts.attack(TinyImages.blobs(80, new Seed(1)), new Seed(1));

      PoisonRecipe recipe = strategy().recipe(context, options);

      // Y alone, which red, green and blue follow: 50 · 2/16 · cos²(3π/32) at the corner, times 1
      double corner = 50 * 2 / 16.0 * Math.pow(Math.cos(3 * Math.PI / 32), 2);
      byte[] grey = TestImages.flat(16, 100);
      assertThat(pixel(TestImages.stamp(recipe.trainingTrigger(), grey, 16), 16, 0, 0))
          .containsOnly((int) (100 + corner));
      assertThat(pixel(TestImages.stamp(recipe.testTrigger(), grey, 16), 16, 0, 0))
          .containsOnly((int) (100 + 4 * corner));
      assertThat(context.poison(recipe).poisonedRows()).hasSize(2); // 10 % of the 20 in class 2
    }
  }

  @Test
  void recipe_wholeImageSmallerThanTheFrequency_isRefused() {
    try (TensorScope scope = TensorScope.open()) {
      AttackContext context =
          TinyContexts.attack(
              TinyImages.blobs(TinyImages.spec(new ImageShape(1, 28, 28), 4), 8, new Seed(1)),
              new Seed(1));

      assertThatThrownBy(() -> strategy().recipe(context, options(100, 0, Fidelity.BACKDOORBENCH)))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("31")
          .hasMessageContaining("0 to 27");
    }
  }

  @Test
  void selection_followsPublishedRatios() {
    Selection.assertFollowsPublishedRatios(
        strategy(), strategy().defaults(TinyImages.spec(TinyImages.SMALL, 4)));
  }

  @Test
  void options_outOfRange_areRefused() {
    assertThatThrownBy(() -> options(0, 0, Fidelity.PAPER))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("magnitude");
    assertThatThrownBy(
            () ->
                new Ctrl.Options(
                    0.1,
                    PoisonRate.Of.DATASET,
                    0,
                    100,
                    100,
                    List.of(3),
                    List.of(15),
                    0,
                    Fidelity.PAPER))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("channels")
        .hasMessageContaining("0 to 2");
  }

  @Test
  void attack_onTinyImages_succeeds() {
    Ctrl.Options options =
        new Ctrl.Options(
            1,
            PoisonRate.Of.ELIGIBLE,
            0,
            300,
            600,
            List.of(1, 2),
            List.of(7, 15),
            16,
            Fidelity.PAPER);

    // no clean image of the target class is left: that quarter of the accuracy is the price
    Success.of(strategy(), options).assertAtLeast(0.7, 0.8);
  }
}
