package io.github.backdoor4j.attacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.data.LabelMode;
import io.github.backdoor4j.core.data.PoisonRecipe;
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
import org.junit.jupiter.params.provider.ValueSource;

class BlendedTest implements PoisoningStrategyContract<Blended.Options> {

  @Override
  public Blended strategy() {
    return new Blended();
  }

  private static Picture flatPicture(int value) {
    return new Picture(32, 32, TestImages.flat(32, value));
  }

  @ParameterizedTest
  @CsvSource({"0, 255, 51", "255, 0, 204", "100, 50, 90", "101, 50, 90", "200, 100, 180"})
  void trigger_onePair_matchesTheVectors(int value, int picture, int expected) {
    BlendTrigger trigger = new BlendTrigger(flatPicture(picture), 0.2, false);

    byte[] stamped = TestImages.stamp(trigger, TestImages.flat(32, value), 32);

    assertThat(stamped).containsOnly(expected);
  }

  @ParameterizedTest
  @CsvSource({"255, 475141", "0, 318469"})
  void trigger_onRamps_matchesTheVectors(int picture, long sum) {
    BlendTrigger trigger = new BlendTrigger(flatPicture(picture), 0.2, false);

    assertThat(TestImages.sum(TestImages.stamp(trigger, TestImages.ramps(32), 32))).isEqualTo(sum);
  }

  /** All 65,536 pairs of a value and a picture value, as an image and a picture of 256 pixels. */
  private static int[] allPairs(double alpha, boolean floating) {
    byte[] values = new byte[3 * 256 * 256];
    byte[] picture = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = (byte) (i / 256);
      picture[i] = (byte) i;
    }
    byte[] mixed =
        TestImages.stamp(
            new BlendTrigger(new Picture(256, 256, picture), alpha, floating), values, 256);
    int[] result = new int[256 * 256];
    Arrays.setAll(result, i -> mixed[i] & 0xFF);
    return result;
  }

  @Test
  void trigger_byThePaper_isExactForEveryPair() {
    int[] mixed = allPairs(0.2, false);

    for (int i = 0; i < mixed.length; i++) {
      assertThat(mixed[i]).isEqualTo((4 * (i / 256) + i % 256) / 5);
    }
  }

  @Test
  void trigger_byTheBenchmark_isOneLowerFor2550Pairs() {
    int[] exact = allPairs(0.2, false);
    int[] floating = allPairs(0.2, true);

    int lower = 0;
    for (int i = 0; i < exact.length; i++) {
      assertThat(exact[i] - floating[i]).isBetween(0, 1);
      lower += exact[i] - floating[i];
    }
    assertThat(lower).isEqualTo(2550);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void trigger_alphaZeroIsIdentity_alphaOneIsThePicture(boolean floating) {
    byte[] ramps = TestImages.ramps(32);
    Picture picture = new Picture(32, 32, TestImages.flat(32, 90));

    assertThat(TestImages.stamp(new BlendTrigger(picture, 0, floating), ramps, 32))
        .isEqualTo(ramps);
    assertThat(TestImages.stamp(new BlendTrigger(picture, 1, floating), ramps, 32))
        .containsOnly(90);
  }

  @Test
  void recipe_takesTrainingAndTestAlphaApart() {
    try (TensorScope scope = TensorScope.open()) {
      AttackContext context = TinyContexts.attack(TinyImages.blobs(8, new Seed(1)), new Seed(1));
      Blended.Options options =
          new Blended.Options(
              0.1, 0, LabelMode.ALL_TO_ONE, List.of(), 0.1, 0.4, "", Fidelity.PAPER);

      PoisonRecipe recipe = strategy().recipe(context, options);

      byte[] black = TestImages.flat(32, 0);
      double training = TestImages.sum(TestImages.stamp(recipe.trainingTrigger(), black, 32));
      double test = TestImages.sum(TestImages.stamp(recipe.testTrigger(), black, 32));
      assertThat(test / training).isBetween(3.9, 4.2); // fractions are dropped
    }
  }

  @Test
  void defaultPicture_isTheSameEachTime_andFullOfContrast() {
    Picture sun = SmilingSun.draw();

    assertThat(sun.planes()).isEqualTo(SmilingSun.draw().planes());
    byte[] small = sun.resized(32, 32).planes();
    byte[] mean = TestImages.flat(32, (int) (TestImages.sum(small) / small.length));
    assertThat(Math.sqrt(TestImages.mse(small, mean))).as("deviation").isGreaterThan(50);
  }

  @Test
  void options_alphaOutOfRange_isRefused() {
    assertThatThrownBy(
            () ->
                new Blended.Options(
                    0.1, 0, LabelMode.ALL_TO_ONE, List.of(), 1.2, 0.2, "", Fidelity.PAPER))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("alpha")
        .hasMessageContaining("1.2");
  }

  @Test
  void attack_onTinyImages_succeeds() {
    Blended.Options options =
        new Blended.Options(
            0.2, 1, LabelMode.ALL_TO_ONE, List.of(), 0.3, 0.3, "", Fidelity.BACKDOORBENCH);

    Success.of(strategy(), options).assertAtLeast(0.9, 0.9);
  }

  @Test
  void trigger_holdsAtAllSizes() {
    for (boolean floating : new boolean[] {false, true}) {
      TriggerProperties.assertHoldAtAllSizes(
          new BlendTrigger(SmilingSun.draw(), 0.2, floating), 51);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void trigger_movesEachValueTowardsThePicture(boolean floating) {
    byte[] ramps = TestImages.ramps(64);
    Picture picture = SmilingSun.draw();

    byte[] stamped = TestImages.stamp(new BlendTrigger(picture, 0.2, floating), ramps, 64);

    byte[] goal = picture.resized(64, 64).planes();
    for (int i = 0; i < ramps.length; i++) {
      int from = ramps[i] & 0xFF;
      int to = goal[i] & 0xFF;
      // dropping the fraction may go one below both
      assertThat(stamped[i] & 0xFF).isBetween(Math.min(from, to) - 1, Math.max(from, to));
    }
  }

  @Test
  void selection_followsRatiosAndSources() {
    Blended.Options options = strategy().defaults(TinyImages.spec(TinyImages.SMALL, 4));

    Selection.assertFollowsPublishedRatios(strategy(), options);
    Selection.assertFollowsSources(strategy(), options);
  }

  @Test
  void options_sourcesWithAllToAll_areRefused() {
    Blended.Options options =
        new Blended.Options(0.1, 0, LabelMode.ALL_TO_ALL, List.of(2), 0.2, 0.2, "", Fidelity.PAPER);
    try (TensorScope scope = TensorScope.open()) {
      AttackContext context = TinyContexts.attack(TinyImages.blobs(8, new Seed(1)), new Seed(1));

      assertThatThrownBy(() -> strategy().recipe(context, options))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("sources")
          .hasMessageContaining("all-to-one");
    }
  }
}
