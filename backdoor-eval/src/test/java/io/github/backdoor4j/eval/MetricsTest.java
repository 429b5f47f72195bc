package io.github.backdoor4j.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.spi.Evaluation.Measurement;
import io.github.backdoor4j.core.spi.EvaluationContext;
import io.github.backdoor4j.core.spi.EvaluationContext.Detection;
import io.github.backdoor4j.core.spi.EvaluationContext.ModelPredictions;
import io.github.backdoor4j.core.spi.EvaluationContext.Verdict;
import java.util.List;
import java.util.Optional;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class MetricsTest {

  private static final Offset<Double> EXACT = within(1e-12);
  private static final Offset<Double> EIGHT_DIGITS = within(5e-9);
  private static final long[] NONE = {};

  private static ModelPredictions predictions(
      long[] clean, long[] labels, long[] triggered, long[] attack, long[] original) {
    return new ModelPredictions(clean, labels, triggered, attack, original);
  }

  private static EvaluationContext attackOnly(ModelPredictions p) {
    return new EvaluationContext(p, Optional.empty(), Optional.empty(), Optional.empty());
  }

  private static Measurement named(List<Measurement> all, String name) {
    return all.stream().filter(m -> m.name().equals(name)).findFirst().orElseThrow();
  }

  @Test
  void modelMetrics_onHandCountedPredictions_countOverTheirOwnDenominators() {
    // ten clean predictions, eight triggered ones, target 0: counted by hand 8/10, 6/8, 2/8
    ModelPredictions p =
        predictions(
            new long[] {0, 1, 2, 2, 1, 0, 1, 2, 0, 0},
            new long[] {0, 1, 2, 2, 1, 0, 2, 2, 0, 1},
            new long[] {0, 0, 0, 1, 0, 2, 0, 0},
            new long[8],
            new long[] {1, 2, 1, 1, 2, 2, 1, 2});

    List<Measurement> m = new ModelMetrics().evaluate(attackOnly(p)).measurements();

    assertThat(m).extracting(Measurement::name).containsExactly("c_acc", "asr", "r_acc");
    assertThat(m).extracting(Measurement::value).containsExactly(0.8, 0.75, 0.25);
    assertThat(m).extracting(Measurement::denominator).containsExactly(10L, 8L, 8L);
  }

  @Test
  void modelMetrics_ofAnOracle_areOneZeroOne() {
    long[] labels = {0, 1, 2, 3};
    long[] original = {1, 2, 3};
    List<Measurement> m =
        ModelMetrics.of(predictions(labels, labels, original, new long[3], original));

    assertThat(m).extracting(Measurement::value).containsExactly(1.0, 0.0, 1.0);
  }

  @Test
  void modelMetrics_ofAConstantClassifier_areChanceOneZero() {
    List<Measurement> m =
        ModelMetrics.of(
            predictions(
                new long[4],
                new long[] {0, 1, 2, 3},
                new long[3],
                new long[3],
                new long[] {1, 2, 3}));

    assertThat(m).extracting(Measurement::value).containsExactly(0.25, 1.0, 0.0);
  }

  @Test
  void modelMetrics_withoutTriggeredImages_areUndefinedNotZero() {
    List<Measurement> m =
        ModelMetrics.of(predictions(new long[] {1}, new long[] {1}, NONE, NONE, NONE));

    assertThat(named(m, "asr").value()).isNaN();
    assertThat(named(m, "asr").denominator()).isZero();
  }

  @Test
  void modelMetrics_withANaNPrediction_countItAsWrong() {
    List<Measurement> m =
        ModelMetrics.of(predictions(new long[] {-1, 0}, new long[] {0, 0}, NONE, NONE, NONE));

    assertThat(named(m, "c_acc").value()).isEqualTo(0.5);
  }

  @Test
  void modelMetrics_ofUnequalLengths_areRefused() {
    assertThatThrownBy(
            () -> ModelMetrics.of(predictions(new long[2], new long[3], NONE, NONE, NONE)))
        .hasMessageContaining("2 predictions, but 3 labels");
  }

  @ParameterizedTest
  @CsvSource({
    // C-Acc and ASR before and after, DER
    ".93, .91, .98, .05, .955",
    ".93, .90, .98, .10, .925",
    ".9132, .8996, .9503, .0148, .96095",
    ".9125, .9348, .8973, .1710, .86315", // accuracy rose: no bonus
    ".9132, .8880, .9503, .9700, .4874", // attack success rose: no credit
    ".5, .6, .1, .2, .5" // both rose
  })
  void der_matchesItsFormula(
      double accBefore, double accAfter, double asrBefore, double asrAfter, double expected) {
    assertThat(DefenseEffect.rating(asrBefore - asrAfter, accBefore - accAfter))
        .isCloseTo(expected, within(1e-9));
  }

  @ParameterizedTest
  @CsvSource({
    ".93, .91, .02, .85, .905",
    ".93, .90, .02, .85, .90",
    ".9132, .8996, .0467, .8939, .9168"
  })
  void rir_matchesItsFormula(
      double accBefore, double accAfter, double raBefore, double raAfter, double expected) {
    assertThat(DefenseEffect.rating(raAfter - raBefore, accBefore - accAfter))
        .isCloseTo(expected, within(1e-9));
  }

  @Test
  void defenseEffect_fromPredictions_subtractsTheAccuracyLoss() {
    // before: C-Acc 1, ASR 1, R-Acc 0; after: C-Acc 1/2, ASR 0, R-Acc 1
    ModelPredictions before =
        predictions(
            new long[] {1, 2}, new long[] {1, 2}, new long[] {0}, new long[] {0}, new long[] {1});
    ModelPredictions after =
        predictions(
            new long[] {1, 1}, new long[] {1, 2}, new long[] {1}, new long[] {0}, new long[] {1});

    List<Measurement> m =
        new DefenseEffect()
            .evaluate(
                new EvaluationContext(
                    before, Optional.of(after), Optional.empty(), Optional.empty()))
            .measurements();

    assertThat(named(m, "der").value())
        .isEqualTo(0.75); // (1 − 0.5 + 1) / 2; added it would be 1.25
    assertThat(named(m, "rir").value()).isEqualTo(0.75);
  }

  @Test
  void defenseEffect_withoutADefense_isNotMeasured() {
    ModelPredictions p = predictions(NONE, NONE, NONE, NONE, NONE);

    assertThat(new DefenseEffect().evaluate(attackOnly(p)).measurements()).isEmpty();
  }

  private static List<Measurement> detect(double[] scores, boolean[] flagged, boolean[] truth) {
    ModelPredictions p = predictions(NONE, NONE, NONE, NONE, NONE);
    return new DetectionQuality()
        .evaluate(
            new EvaluationContext(
                p,
                Optional.empty(),
                Optional.of(new Detection(scores, flagged, truth)),
                Optional.empty()))
        .measurements();
  }

  @Test
  void detection_onCounts80_30_20_870_matchesHandComputedRates() {
    boolean[] truth = new boolean[1000];
    boolean[] flagged = new boolean[1000];
    for (int i = 0; i < 100; i++) {
      truth[i] = true;
      flagged[i] = i < 80;
    }
    for (int i = 100; i < 130; i++) {
      flagged[i] = true;
    }

    List<Measurement> m = detect(new double[1000], flagged, truth);

    assertThat(named(m, "tpr").value()).isEqualTo(0.8);
    assertThat(named(m, "recall").value()).isEqualTo(0.8);
    assertThat(named(m, "fpr").value()).isCloseTo(0.03333333, EIGHT_DIGITS);
    assertThat(named(m, "precision").value()).isCloseTo(80.0 / 110, EXACT);
    assertThat(named(m, "f1").value()).isCloseTo(0.76190476, EIGHT_DIGITS);
    assertThat(named(m, "auroc").value()).isEqualTo(0.5); // all scores tie
    assertThat(named(m, "auroc").denominator()).isEqualTo(90_000);
  }

  @Test
  void detection_withNothingFlagged_missesEverythingAndHasNoPrecision() {
    List<Measurement> m = detect(new double[] {1, 2}, new boolean[2], new boolean[] {true, false});

    assertThat(named(m, "tpr").value()).isZero();
    assertThat(named(m, "fpr").value()).isZero();
    assertThat(named(m, "precision").value()).isNaN();
    assertThat(named(m, "f1").value()).isZero();
  }

  @Test
  void detection_withEverythingFlagged_hasFullRecallAndFullFalseAlarm() {
    List<Measurement> m =
        detect(
            new double[] {1, 2, 3},
            new boolean[] {true, true, true},
            new boolean[] {true, false, false});

    assertThat(named(m, "tpr").value()).isEqualTo(1);
    assertThat(named(m, "fpr").value()).isEqualTo(1);
    assertThat(named(m, "precision").value()).isCloseTo(1.0 / 3, EXACT);
  }

  @Test
  void detection_withOneClassOnly_isUndefinedWhereItMustBe() {
    List<Measurement> clean = detect(new double[2], new boolean[] {true, false}, new boolean[2]);
    List<Measurement> poisoned =
        detect(new double[2], new boolean[] {true, false}, new boolean[] {true, true});

    assertThat(named(clean, "tpr").value()).isNaN();
    assertThat(named(clean, "fpr").value()).isEqualTo(0.5);
    assertThat(named(clean, "auroc").value()).isNaN();
    assertThat(named(poisoned, "fpr").value()).isNaN();
    assertThat(named(poisoned, "tpr").value()).isEqualTo(0.5);
    assertThat(named(poisoned, "auroc").value()).isNaN();
  }

  @Test
  void auroc_withTies_countsThemHalf() {
    double[] scores = {.1, .4, .35, .8, .4, .4};
    boolean[] truth = {false, false, true, true, false, true};

    assertThat(DetectionQuality.auroc(scores, truth).value()).isCloseTo(0.66666667, EIGHT_DIGITS);
  }

  @ParameterizedTest
  @CsvSource({"1, 1.0", "-1, 0.0"})
  void auroc_ofPerfectScores_isOneAndReversedZero(double sign, double expected) {
    double[] scores = {sign * 1, sign * 2, sign * 3, sign * 4};
    boolean[] truth = {false, false, true, true};

    assertThat(DetectionQuality.auroc(scores, truth).value()).isEqualTo(expected);
  }

  @Test
  void auroc_matchesCountingOfAllPairs() {
    java.util.random.RandomGenerator random = new java.util.SplittableRandom(5);
    double[] scores = random.ints(200, 0, 40).asDoubleStream().toArray();
    boolean[] truth = new boolean[200];
    for (int i = 0; i < truth.length; i++) {
      truth[i] = random.nextInt(4) == 0;
    }
    double wins = 0;
    long pairs = 0;
    for (int i = 0; i < 200; i++) {
      for (int j = 0; j < 200; j++) {
        if (truth[i] && !truth[j]) {
          pairs++;
          wins += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
        }
      }
    }

    assertThat(DetectionQuality.auroc(scores, truth).value()).isCloseTo(wins / pairs, EXACT);
    assertThat(DetectionQuality.auroc(scores, truth).denominator()).isEqualTo(pairs);
  }

  @ParameterizedTest
  @CsvSource({"true, true, 1, 1", "true, false, 1, 0", "false, true, 0, 0", "false, false, 0, 1"})
  void verdict_saysWhatWasCalledAndWhetherItIsRight(
      boolean called, boolean truth, double verdict, double right) {
    ModelPredictions p = predictions(NONE, NONE, NONE, NONE, NONE);
    List<Measurement> m =
        new VerdictQuality()
            .evaluate(
                new EvaluationContext(
                    p,
                    Optional.empty(),
                    Optional.empty(),
                    Optional.of(new Verdict(called, truth, 3.5))))
            .measurements();

    assertThat(named(m, "verdict").value()).isEqualTo(verdict);
    assertThat(named(m, "verdict_right").value()).isEqualTo(right);
    assertThat(named(m, "verdict_score").value()).isEqualTo(3.5);
  }
}
