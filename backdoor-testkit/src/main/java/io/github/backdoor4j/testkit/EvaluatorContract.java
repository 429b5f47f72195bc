package io.github.backdoor4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.backdoor4j.core.record.Json;
import io.github.backdoor4j.core.spi.Evaluation;
import io.github.backdoor4j.core.spi.Evaluation.Measurement;
import io.github.backdoor4j.core.spi.EvaluationContext;
import io.github.backdoor4j.core.spi.EvaluationContext.Detection;
import io.github.backdoor4j.core.spi.EvaluationContext.ModelPredictions;
import io.github.backdoor4j.core.spi.EvaluationContext.Verdict;
import io.github.backdoor4j.core.spi.Evaluator;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The contract of an evaluator. A test class implements it and fills in {@link #evaluator()}. */
public interface EvaluatorContract {

  /** The evaluator under test. */
  Evaluator evaluator();

  /**
   * Cells to evaluate: an attack alone, each kind of defense, and the edge cases that a definition
   * must survive.
   */
  default List<EvaluationContext> contexts() {
    ModelPredictions before =
        new ModelPredictions(
            new long[] {0, 1, 2, 3},
            new long[] {0, 1, 2, 2},
            new long[] {0, 0, 0},
            new long[] {0, 0, 0},
            new long[] {1, 2, 2});
    ModelPredictions after =
        new ModelPredictions(
            new long[] {0, 1, 2, -1}, // −1: a logit was NaN
            new long[] {0, 1, 2, 2},
            new long[] {1, 2, 0},
            new long[] {0, 0, 0},
            new long[] {1, 2, 2});
    ModelPredictions control =
        new ModelPredictions(
            new long[] {0, 1}, new long[] {0, 2}, new long[0], new long[0], new long[0]);
    return List.of(
        cell(before),
        cell(control),
        new EvaluationContext(before, Optional.of(after), Optional.empty(), Optional.empty()),
        detection(before, new boolean[] {true, false, true}, new boolean[] {true, false, false}),
        detection(before, new boolean[] {false, false, false}, new boolean[] {true, true, false}),
        detection(before, new boolean[] {true, true, true}, new boolean[] {false, false, false}),
        detection(before, new boolean[] {false, true, true}, new boolean[] {true, true, true}),
        verdict(before, new Verdict(true, true, 3.5)),
        verdict(control, new Verdict(false, false, Double.NaN)));
  }

  private static EvaluationContext cell(ModelPredictions before) {
    return new EvaluationContext(before, Optional.empty(), Optional.empty(), Optional.empty());
  }

  private static EvaluationContext detection(
      ModelPredictions before, boolean[] flagged, boolean[] poisoned) {
    Detection detection = new Detection(new double[] {0.5, 0.5, 0.9}, flagged, poisoned);
    return new EvaluationContext(
        before, Optional.empty(), Optional.of(detection), Optional.empty());
  }

  private static EvaluationContext verdict(ModelPredictions before, Verdict verdict) {
    return new EvaluationContext(before, Optional.empty(), Optional.empty(), Optional.of(verdict));
  }

  @Test
  default void id_leadsToTheEvaluator() {
    NamedContract.assertRegistered(Evaluator.class, evaluator());
  }

  @Test
  default void description_saysWhatIsMeasured() {
    assertThat(evaluator().description()).isNotBlank();
  }

  @Test
  default void evaluate_isPure() {
    for (EvaluationContext context : contexts()) {
      String before = contents(context);

      Evaluation first = evaluator().evaluate(context);
      Evaluation second = evaluator().evaluate(context);

      assertThat(second).isEqualTo(first);
      assertThat(contents(context)).as("the context after the evaluation").isEqualTo(before);
    }
  }

  private static String contents(EvaluationContext context) {
    return Json.write(context.before())
        + context.after().map(Json::write)
        + context.detection().map(Json::write)
        + context.verdict().map(Json::write);
  }

  @Test
  default void measurements_areNamedOnceAndCounted() {
    for (EvaluationContext context : contexts()) {
      List<Measurement> measurements = evaluator().evaluate(context).measurements();

      assertThat(measurements).extracting(Measurement::name).doesNotHaveDuplicates();
      assertThat(measurements)
          .allSatisfy(
              m -> {
                assertThat(m.name()).matches("[a-z][a-z0-9]*(_[a-z0-9]+)*");
                assertThat(m.denominator()).as("denominator of %s", m.name()).isNotNegative();
                assertThat(Double.isInfinite(m.value())).as("%s infinite", m.name()).isFalse();
              });
    }
  }
}
