package io.github.backdoor4j.attacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.data.LabelMode;
import io.github.backdoor4j.core.data.Trigger;
import io.github.backdoor4j.core.spi.AttackContext;
import io.github.backdoor4j.core.spi.Fidelity;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.testkit.PoisoningStrategyContract;
import io.github.backdoor4j.testkit.TinyContexts;
import io.github.backdoor4j.testkit.TinyImages;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class BadNetsTest implements PoisoningStrategyContract<BadNets.Options> {

  @Override
  public BadNets strategy() {
    return new BadNets();
  }

  private static BadNets.Options options(int size, BadNets.Pattern pattern, Fidelity fidelity) {
    return new BadNets.Options(
        0.1, 0, LabelMode.ALL_TO_ONE, List.of(), size, pattern, "", fidelity);
  }

  private static Trigger trigger(int size, BadNets.Pattern pattern, Fidelity fidelity) {
    return PatchTrigger.of(options(size, pattern, fidelity));
  }

  private static Trigger white(Fidelity fidelity) {
    return trigger(3, BadNets.Pattern.WHITE, fidelity);
  }

  @ParameterizedTest
  @EnumSource(Fidelity.class)
  void trigger_at32Pixels_matchesTheVectors(Fidelity fidelity) {
    byte[] ramps = TestImages.ramps(32);
    byte[] grey = TestImages.flat(32, 128);

    byte[] stamped = TestImages.stamp(white(fidelity), ramps, 32);
    byte[] stampedGrey = TestImages.stamp(white(fidelity), grey, 32);

    assertThat(TestImages.sum(ramps)).isEqualTo(399_616);
    assertThat(TestImages.sum(stamped)).isEqualTo(402_613);
    assertThat(TestImages.mse(ramps, stamped)).isEqualTo(118.0986, within(5e-5));
    assertThat(TestImages.psnr(ramps, stamped)).isEqualTo(27.408, within(5e-4));
    assertThat(TestImages.psnr(grey, stampedGrey)).isEqualTo(26.615, within(5e-4));
  }

  @ParameterizedTest
  @EnumSource(Fidelity.class)
  void trigger_appliedTwice_isAppliedOnce(Fidelity fidelity) {
    byte[] once = TestImages.stamp(white(fidelity), TestImages.ramps(64), 64);

    assertThat(TestImages.stamp(white(fidelity), once, 64)).isEqualTo(once);
  }

  @Test
  void trigger_at64Pixels_byTheBenchmark_isABlurredPatchOfSevenPixels() {
    byte[] stamped = TestImages.stamp(white(Fidelity.BACKDOORBENCH), TestImages.flat(64, 0), 64);

    int[][] corner = new int[7][];
    for (int i = 0; i < 7; i++) {
      corner[i] = Arrays.copyOfRange(TestImages.row(stamped, 64, 57 + i), 57, 64);
    }
    assertThat(corner)
        .isDeepEqualTo(
            new int[][] {
              {16, 48, 64, 64, 64, 64, 64},
              {48, 143, 191, 191, 191, 191, 191},
              {64, 191, 255, 255, 255, 255, 255},
              {64, 191, 255, 255, 255, 255, 255},
              {64, 191, 255, 255, 255, 255, 255},
              {64, 191, 255, 255, 255, 255, 255},
              {64, 191, 255, 255, 255, 255, 255}
            });
    assertThat(changed(stamped)).isEqualTo(3 * 49);
  }

  @Test
  void trigger_at224Pixels_byTheBenchmark_isA24PixelSquare() {
    byte[] stamped = TestImages.stamp(white(Fidelity.BACKDOORBENCH), TestImages.flat(224, 0), 224);

    assertThat(changed(stamped)).isEqualTo(3 * 576);
    assertThat(TestImages.row(stamped, 224, 200)[199]).isZero();
    assertThat(TestImages.row(stamped, 224, 200)[200]).isPositive();
    assertThat(TestImages.row(stamped, 224, 199)[223]).isZero();
  }

  @ParameterizedTest
  @CsvSource({"32, 3", "64, 3", "224, 3", "28, 1", "16, 16"})
  void trigger_byThePaper_isCrispAtAnySize(int side, int size) {
    Trigger trigger = trigger(size, BadNets.Pattern.WHITE, Fidelity.PAPER);

    byte[] stamped = TestImages.stamp(trigger, TestImages.flat(side, 0), side);

    assertThat(changed(stamped)).isEqualTo(3L * size * size);
    assertThat(TestImages.sum(stamped)).isEqualTo(255L * 3 * size * size);
    assertThat(TestImages.row(stamped, side, side - size)[side - size]).isEqualTo(255);
  }

  private static long changed(byte[] stampedBlack) {
    long count = 0;
    for (byte value : stampedBlack) {
      count += value == 0 ? 0 : 1;
    }
    return count;
  }

  @Test
  void trigger_grid_alternatesWhiteAndOne() {
    Trigger trigger = trigger(3, BadNets.Pattern.GRID, Fidelity.BACKDOORBENCH);

    byte[] stamped = TestImages.stamp(trigger, TestImages.flat(32, 77), 32);

    assertThat(TestImages.row(stamped, 32, 28)).containsOnly(77);
    assertThat(Arrays.copyOfRange(TestImages.row(stamped, 32, 29), 28, 32))
        .containsExactly(77, 255, 1, 255);
    assertThat(Arrays.copyOfRange(TestImages.row(stamped, 32, 30), 28, 32))
        .containsExactly(77, 1, 255, 1);
  }

  @Test
  void trigger_onGreyImagesWithOneChannel_isAWhitePatch() {
    try (TensorScope scope = TensorScope.open()) {
      var images = TinyImages.blobs(TinyImages.spec(new ImageShape(1, 28, 28), 4), 4, new Seed(1));

      var stamped = white(Fidelity.PAPER).stamp(images.images(), new long[4]);

      assertThat(stamped.narrow(2, 25, 3).narrow(3, 25, 3).eq(Scalars.of(255)).all().item_bool())
          .isTrue();
    }
  }

  @Test
  void recipe_patchLargerThanTheImage_namesBoth() {
    try (TensorScope scope = TensorScope.open()) {
      AttackContext context = TinyContexts.attack(TinyImages.blobs(8, new Seed(1)), new Seed(1));

      assertThatThrownBy(
              () -> strategy().recipe(context, options(17, BadNets.Pattern.WHITE, Fidelity.PAPER)))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("17x17")
          .hasMessageContaining("16x16")
          .hasMessageContaining("at most 16");
      assertThatThrownBy(
              () ->
                  strategy()
                      .recipe(context, options(33, BadNets.Pattern.WHITE, Fidelity.BACKDOORBENCH)))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("33")
          .hasMessageContaining("32");
    }
  }

  @Test
  void options_patchSizeZero_isRefused() {
    assertThatThrownBy(() -> options(0, BadNets.Pattern.WHITE, Fidelity.PAPER))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("patch_size");
  }

  @ParameterizedTest
  @EnumSource(LabelMode.class)
  void attack_onTinyImages_succeeds(LabelMode labels) {
    BadNets.Options options =
        new BadNets.Options(
            0.2, 0, labels, List.of(), 5, BadNets.Pattern.WHITE, "", Fidelity.PAPER);

    Success.of(strategy(), options).assertAtLeast(0.9, 0.9);
  }

  @ParameterizedTest
  @EnumSource(Fidelity.class)
  void trigger_holdsAtAllSizes(Fidelity fidelity) {
    TriggerProperties.assertHoldAtAllSizes(white(fidelity), 255);
    TriggerProperties.assertHoldAtAllSizes(trigger(3, BadNets.Pattern.GRID, fidelity), 255);
  }

  @Test
  void selection_followsRatiosAndSources() {
    BadNets.Options options = options(3, BadNets.Pattern.WHITE, Fidelity.PAPER);

    Selection.assertFollowsPublishedRatios(strategy(), options);
    Selection.assertFollowsSources(strategy(), options);
  }

  @Test
  void attack_onSomeSources_succeedsOnThese() {
    BadNets.Options options =
        new BadNets.Options(
            0.2,
            0,
            LabelMode.ALL_TO_ONE,
            List.of(1, 2),
            5,
            BadNets.Pattern.WHITE,
            "",
            Fidelity.PAPER);

    Success.of(strategy(), options).assertAtLeast(0.9, 0.9);
  }
}
