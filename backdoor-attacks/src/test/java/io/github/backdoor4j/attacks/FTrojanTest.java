package io.github.backdoor4j.attacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.data.LabelMode;
import io.github.backdoor4j.core.data.Trigger;
import io.github.backdoor4j.core.spi.Fidelity;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.testkit.PoisoningStrategyContract;
import io.github.backdoor4j.testkit.TinyImages;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Numbers that the specification lacks come from SciPy's transform of every window. */
class FTrojanTest implements PoisoningStrategyContract<FTrojan.Options> {

  @Override
  public FTrojan strategy() {
    return new FTrojan();
  }

  private static FTrojan.Options options(double magnitude, Fidelity fidelity) {
    return new FTrojan.Options(
        0.2,
        0,
        LabelMode.ALL_TO_ONE,
        List.of(),
        magnitude,
        List.of(1, 2),
        List.of(15, 31),
        32,
        fidelity);
  }

  private static Trigger trigger(Fidelity fidelity) {
    return options(30, fidelity).trigger();
  }

  private static int[] pixel(byte[] image, int row, int column) {
    int at = row * 32 + column;
    return new int[] {image[at] & 0xFF, image[at + 1024] & 0xFF, image[at + 2048] & 0xFF};
  }

  @ParameterizedTest
  @EnumSource(Fidelity.class)
  void trigger_onGrey_matchesTheVectors(Fidelity fidelity) {
    byte[] grey = TestImages.flat(32, 128);

    byte[] stamped = TestImages.stamp(trigger(fidelity), grey, 32);

    assertThat(pixel(stamped, 0, 0)).containsExactly(129, 127, 130);
    assertThat(pixel(stamped, 0, 1)).containsExactly(127, 129, 126);
    assertThat(pixel(stamped, 5, 20)).containsExactly(125, 130, 124);
    assertThat(TestImages.mse(grey, stamped)).isEqualTo(4.9076, within(5e-5));
    assertThat(TestImages.psnr(grey, stamped)).isEqualTo(41.22, within(5e-3));
    assertThat(TestImages.largestChange(grey, stamped)).isEqualTo(7);
  }

  @ParameterizedTest
  @EnumSource(Fidelity.class)
  void trigger_onRamps_matchesTheVectors(Fidelity fidelity) {
    byte[] ramps = TestImages.ramps(32);

    byte[] stamped = TestImages.stamp(trigger(fidelity), ramps, 32);

    assertThat(pixel(stamped, 0, 0)).containsExactly(1, 40, 83);
    assertThat(pixel(stamped, 0, 1)).containsExactly(3, 47, 84);
    assertThat(pixel(stamped, 5, 20)).containsExactly(132, 178, 212);
    assertThat(TestImages.sum(stamped)).isEqualTo(399_359);
    assertThat(TestImages.psnr(ramps, stamped)).isEqualTo(41.01, within(5e-3));
    assertThat(TestImages.largestChange(ramps, stamped)).isEqualTo(7);
  }

  @ParameterizedTest
  @CsvSource({"PAPER, 260468", "BACKDOORBENCH, 240514"})
  void trigger_onPureRed_isClampedByThePaperAndWrapsByTheBenchmark(Fidelity fidelity, long sum) {
    byte[] red = new byte[3 * 32 * 32];
    Arrays.fill(red, 0, 32 * 32, (byte) 255);

    assertThat(TestImages.sum(TestImages.stamp(trigger(fidelity), red, 32))).isEqualTo(sum);
  }

  @Test
  void trigger_ofAlmostNoMagnitude_changesGreyNotAtAllAndRampsByOne() {
    Trigger faint = options(1e-12, Fidelity.PAPER).trigger();
    byte[] grey = TestImages.flat(32, 128);
    byte[] ramps = TestImages.ramps(32);

    assertThat(TestImages.stamp(faint, grey, 32)).isEqualTo(grey);
    assertThat(TestImages.largestChange(ramps, TestImages.stamp(faint, ramps, 32))).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({"28, 320266", "64, 1578491", "224, 19175174"})
  void trigger_atOtherSizes_matchesSciPy(int side, long sum) {
    byte[] stamped = TestImages.stamp(trigger(Fidelity.PAPER), TestImages.ramps(side), side);

    assertThat(TestImages.sum(stamped)).isEqualTo(sum);
  }

  @Test
  void trigger_onOneChannel_marksThatChannel() {
    byte[] grey = new byte[28 * 28];
    Arrays.fill(grey, (byte) 128);
    try (TensorScope scope = TensorScope.open()) {
      Tensor image = Tensors.ofBytes(grey, 1, 1, 28, 28);

      byte[] stamped = Tensors.toBytes(trigger(Fidelity.PAPER).stamp(image, new long[] {0}));

      assertThat(Arrays.copyOf(TestImages.row(stamped, 28, 0), 4))
          .containsExactly(129, 127, 126, 128);
      assertThat(Arrays.copyOfRange(TestImages.row(stamped, 28, 27), 24, 28))
          .containsExactly(127, 126, 127, 130);
      assertThat(TestImages.sum(stamped)).isEqualTo(99_960);
    }
  }

  @Test
  void trigger_holdsAtAllSizes() {
    TriggerProperties.assertHoldAtAllSizes(trigger(Fidelity.PAPER), 8);
  }

  @Test
  void selection_followsRatiosAndSources() {
    Selection.assertFollowsPublishedRatios(strategy(), options(30, Fidelity.PAPER));
    Selection.assertFollowsSources(strategy(), options(30, Fidelity.PAPER));
  }

  @Test
  void options_positionBeyondTheWindow_isRefused() {
    assertThatThrownBy(
            () ->
                new FTrojan.Options(
                    0.1,
                    0,
                    LabelMode.ALL_TO_ONE,
                    List.of(),
                    30,
                    List.of(1, 2),
                    List.of(15, 31),
                    31,
                    Fidelity.PAPER))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("positions")
        .hasMessageContaining("0 to 30");
  }

  @Test
  void defaults_areTheBenchmarks() {
    FTrojan.Options defaults = strategy().defaults(TinyImages.spec(TinyImages.CIFAR, 10));

    assertThat(defaults.magnitude()).isEqualTo(30);
    assertThat(defaults.channels()).containsExactly(1, 2);
    assertThat(defaults.positions()).containsExactly(15, 31);
    assertThat(defaults.window()).isEqualTo(32);
  }

  @Test
  void attack_onTinyImages_succeeds() {
    Success.of(strategy(), options(200, Fidelity.PAPER)).assertAtLeast(0.9, 0.9);
  }
}
