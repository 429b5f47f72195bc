package io.github.backdoor4j.defenses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.NotApplicableException;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.data.Normalization;
import io.github.backdoor4j.core.nn.Inference;
import io.github.backdoor4j.core.spi.DefenseContext;
import io.github.backdoor4j.core.spi.DefenseOutcome.SampleScores;
import io.github.backdoor4j.core.spi.DefenseStrategy;
import io.github.backdoor4j.core.spi.Fidelity;
import io.github.backdoor4j.core.spi.Figure;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Precision;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.defenses.Strip.Options;
import io.github.backdoor4j.testkit.DefenseStrategyContract;
import io.github.backdoor4j.testkit.TinyContexts;
import io.github.backdoor4j.testkit.TinyScene;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

final class StripTest implements DefenseStrategyContract<Options> {

  private static final double[] CLEAN = {.9, .2, 1.4, .7, 1.1, .3, 1.0, .8, 1.2, .6};

  @Override
  public DefenseStrategy<Options> strategy() {
    return new Strip();
  }

  @Override
  public Options options(DatasetSpec data) {
    return new Options(16, 1, 0, 100, Fidelity.PAPER);
  }

  @Test
  void entropy_ofTheBenchmark_isInNatsOfRaisedProbabilities() {
    try (TensorScope scope = TensorScope.open()) {
      Tensor logits = Tensors.ofFloats(new float[] {2, 0, -1, 0, 1000, 0}, 2, 3);

      double[] entropies = Tensors.toDoubles(Blending.entropy(logits, Fidelity.BACKDOORBENCH));

      // without the added 1e-8 the first is 0.52426662
      assertThat(entropies[0]).isEqualTo(0.52426664, within(1e-8));
      assertThat(entropies[1]).isEqualTo(3.584136e-7, within(1e-13));
    }
  }

  @Test
  void entropy_ofThePaper_isInBits_andZeroForACertainPrediction() {
    try (TensorScope scope = TensorScope.open()) {
      Tensor logits = Tensors.ofFloats(new float[] {1, 1, 1, 1, 0, 1000, 0, 0}, 2, 4);

      double[] entropies = Tensors.toDoubles(Blending.entropy(logits, Fidelity.PAPER));

      assertThat(entropies[0]).isEqualTo(2, within(1e-12));
      assertThat(entropies[1]).isZero();
    }
  }

  @ParameterizedTest
  @CsvSource({"0.10, 0.3", "0.05, 0.2", "0.999, 1.4", "0.5, 0.9"})
  void threshold_ofTheBenchmark_isAnOrderStatistic(double rate, double expected) {
    assertThat(EntropyThreshold.of(CLEAN, rate, Fidelity.BACKDOORBENCH)).isEqualTo(expected);
  }

  @Test
  void threshold_ofThePaper_isAQuantileOfTheFittedNormal() {
    // from SciPy: see strip-references.py
    assertThat(EntropyThreshold.of(CLEAN, 0.01, Fidelity.PAPER))
        .isEqualTo(-0.02392257, within(1e-8));
    assertThat(EntropyThreshold.of(CLEAN, 0.1, Fidelity.PAPER)).isEqualTo(0.35509520, within(1e-8));
    assertThat(EntropyThreshold.of(new double[] {.5, .5}, 0.01, Fidelity.PAPER)).isEqualTo(.5);
  }

  @Test
  void defend_onABackdooredModel_ranksTriggeredInputsHigher() {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();

      SampleScores outcome = run(scene, options(scene.training().spec()));

      assertThat(Ranking.auroc(outcome.scores(), triggered(scene))).isGreaterThan(0.8);
    }
  }

  @Test
  void defend_onACleanModel_ranksTriggeredInputsLikeTheOthers() {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.clean();

      SampleScores outcome = run(scene, options(scene.training().spec()));

      assertThat(Ranking.auroc(outcome.scores(), triggered(scene))).isBetween(0.3, 0.7);
    }
  }

  @Test
  void defend_asTheBenchmarkDoes_rejectsAboutATenthOfCleanInputs() {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();

      SampleScores outcome = run(scene, new Options(16, 1, 0, 100, Fidelity.BACKDOORBENCH));

      boolean[] clean = Arrays.copyOf(outcome.flagged(), scene.test().size());
      long rejected = LongStream.range(0, clean.length).filter(i -> clean[(int) i]).count();
      assertThat(rejected / (double) clean.length).isBetween(0.02, 0.25);
      assertThat(outcome.evidence().numbers().get("clean_rejected")).isEqualTo(0.1, within(0.011));
    }
  }

  @Test
  void defend_showsBothGroupsAndTheThreshold() {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();

      SampleScores outcome = run(scene, options(scene.training().spec()));

      Figure.Histogram histogram = (Figure.Histogram) outcome.evidence().figures().get(0);
      double threshold = outcome.evidence().numbers().get("entropy_threshold");
      assertThat(histogram.threshold()).isEqualTo(threshold);
      assertThat(histogram.samples().keySet())
          .containsExactly("inputs at run time", "clean holdout");
      for (int i = 0; i < outcome.scores().length; i++) {
        assertThat(outcome.flagged()[i]).isEqualTo(-outcome.scores()[i] < threshold);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Fidelity.class)
  void entropies_doNotDependOnTheBatches(Fidelity fidelity) {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();
      Tensor inputs = scene.test().images().narrow(0, 0, 21);
      Blending large = blending(scene, 5, 256, fidelity);
      Tensor drawn = large.draw(21, SEED);

      assertThat(blending(scene, 5, 1, fidelity).entropies(inputs, drawn))
          .containsExactly(large.entropies(inputs, drawn), within(1e-5));
    }
  }

  @Test
  void draw_ofTheBenchmark_takesDifferentImages_theSameForTheWholeBatch() {
    try (TensorScope scope = TensorScope.open()) {
      Blending blending = blending(TinyScene.backdoored(), 40, 256, Fidelity.BACKDOORBENCH);

      long[] drawn = Tensors.toLongs(blending.draw(130, SEED));

      long[] first = Arrays.copyOf(drawn, 40);
      assertThat(first).doesNotHaveDuplicates();
      assertThat(Arrays.stream(drawn)).allMatch(row -> row >= 0 && row < 100);
      assertThat(Arrays.copyOfRange(drawn, 127 * 40, 128 * 40)).containsExactly(first);
      assertThat(Arrays.copyOfRange(drawn, 128 * 40, 129 * 40)).isNotEqualTo(first);
    }
  }

  @Test
  void draw_ofTheBenchmark_isLimitedByTheCleanImages() {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();

      assertThat(blending(scene, 1000, 256, Fidelity.BACKDOORBENCH).perInput()).isEqualTo(100);
      assertThat(blending(scene, 1000, 256, Fidelity.PAPER).perInput()).isEqualTo(1000);
    }
  }

  @Test
  void draw_ofThePaper_neverAddsAnImageToItself() {
    try (TensorScope scope = TensorScope.open()) {
      Blending blending = blending(TinyScene.backdoored(), 500, 256, Fidelity.PAPER);
      long[] rows = {0, 42, 99};

      long[] drawn = Tensors.toLongs(blending.drawFor(rows, SEED));

      assertThat(drawn).contains(0, 99);
      assertThat(Arrays.stream(drawn)).allMatch(row -> row >= 0 && row < 100);
      for (int i = 0; i < rows.length; i++) {
        assertThat(Arrays.copyOfRange(drawn, i * 500, (i + 1) * 500)).doesNotContain(rows[i]);
      }
    }
  }

  @Test
  void blends_areSumsInPixelSpaceOrInNormalisedSpace() {
    try (TensorScope scope = TensorScope.open()) {
      Normalization half = new Normalization(List.of(0.5), List.of(0.25));
      Tensor clean = Tensors.ofBytes(new byte[] {0, 51, (byte) 255, 102}, 1, 1, 2, 2);

      // 0, 0.2, 1, 0.4 in [0, 1]; sums are taken before (x − 0.5)/0.25, or after
      assertThat(added(half, clean, Fidelity.PAPER))
          .containsExactly(new float[] {0, .4f, 2, .8f}, within(1e-6f));
      assertThat(added(half, clean, Fidelity.BACKDOORBENCH))
          .containsExactly(new float[] {-1, -.6f, 1, -.2f}, within(1e-6f));
    }
  }

  @ParameterizedTest
  @EnumSource(Fidelity.class)
  void defend_withOneCleanImage_stillWorks(Fidelity fidelity) {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();

      SampleScores outcome =
          run(scene, scene.holdout().subset(new long[] {3}), new Options(4, 1, 0, 100, fidelity));

      assertThat(outcome.scores()).hasSize((int) scene.runtimeInputs().size(0));
      assertThat(outcome.scores()).doesNotContain(Double.NaN);
    }
  }

  @Test
  void defend_withoutCleanImages_isNotApplicable() {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();
      ImageDataset empty = scene.holdout().subset(new long[0]);

      assertThatThrownBy(() -> run(scene, empty, options(empty.spec())))
          .isInstanceOf(NotApplicableException.class)
          .hasMessageContaining("strip");
    }
  }

  @Test
  void defend_whereTheThresholdCannotBeReached_saysSo() {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();

      SampleScores outcome = run(scene, new Options(4, 1, 1e-9, 100, Fidelity.PAPER));

      assertThat(outcome.flagged()).containsOnly(false);
      assertThat(outcome.evidence().notes()).anyMatch(note -> note.contains("nothing"));
    }
  }

  @Test
  void options_outOfRange_areRefused() {
    assertThatThrownBy(() -> new Options(0, 1, 0, 100, Fidelity.PAPER))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("samples");
    assertThatThrownBy(() -> new Options(1, 1, 1, 100, Fidelity.PAPER))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("false_rejection_rate must lie in [0, 1), but was 1.0");
    assertThatThrownBy(() -> new Options(1, -1, 0, 100, Fidelity.PAPER))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("alpha");
  }

  private static float[] added(Normalization normalization, Tensor clean, Fidelity fidelity) {
    Blending blending =
        new Blending(
            TinyScene.backdoored().model(),
            normalization,
            clean,
            new Options(1, 0.5, 0, 1, fidelity),
            Inference.on(ComputeDevice.CPU));
    return Tensors.toFloats(blending.added(clean));
  }

  private static Blending blending(TinyScene scene, int samples, int batch, Fidelity fidelity) {
    return new Blending(
        scene.model(),
        scene.training().spec().normalization(),
        scene.holdout().images(),
        new Options(samples, 1, 0, 100, fidelity),
        new Inference(ComputeDevice.CPU, Precision.FP32, batch));
  }

  private static SampleScores run(TinyScene scene, Options options) {
    return run(scene, scene.holdout(), options);
  }

  private static SampleScores run(TinyScene scene, ImageDataset holdout, Options options) {
    Strip defense = new Strip();
    DefenseContext.Materials materials =
        new DefenseContext.Materials(
            scene.model(),
            Optional.empty(),
            Optional.of(holdout),
            Optional.of(scene.runtimeInputs()));
    return defense.defend(TinyContexts.defense(defense, scene, materials, SEED), options);
  }

  private static boolean[] triggered(TinyScene scene) {
    boolean[] flags = new boolean[(int) scene.runtimeInputs().size(0)];
    Arrays.fill(flags, scene.test().size(), flags.length, true);
    return flags;
  }
}
