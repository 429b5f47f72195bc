package io.github.backdoor4j.core.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.data.Augmentation;
import io.github.backdoor4j.core.train.OptimizerSpec;
import io.github.backdoor4j.core.train.ScheduleSpec;
import io.github.backdoor4j.core.train.TrainingPlan;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Another optimiser or schedule than the default's, by dotted names and by trees. */
class OptionKindsTest {

  private static final TrainingPlan PLAN = TrainingPlan.benchmark(100, Augmentation.NONE);
  private static final ScheduleSpec COSINE = new ScheduleSpec.Cosine(5, 0);

  private static TrainingPlan bind(Map<String, String> overrides) {
    return Options.bind("training", PLAN, overrides);
  }

  private static TrainingPlan bindTree(String json) throws JsonProcessingException {
    return Options.bind("training", PLAN, Json.mapper().readTree(json));
  }

  @Test
  void sameKind_keepsWhatIsNotNamed() throws JsonProcessingException {
    OptimizerSpec expected = new OptimizerSpec.Sgd(0.1, 0.9, 5e-4, false);

    assertThat(bind(Map.of("optimizer.learning_rate", "0.1")).optimizer()).isEqualTo(expected);
    assertThat(bind(Map.of("optimizer", "{\"kind\":\"sgd\",\"learning_rate\":0.1}")).optimizer())
        .isEqualTo(expected);
    assertThat(bindTree("{\"optimizer\": {\"learning_rate\": 0.1}}").optimizer())
        .isEqualTo(expected);
    assertThat(bind(Map.of("schedule", "{\"kind\":\"cosine\",\"period\":5}")).schedule())
        .isEqualTo(COSINE);
  }

  @Test
  void wholeGroup_asText() {
    assertThat(
            bind(Map.of("schedule", "{\"kind\":\"cosine\",\"period\":5,\"minimum\":0}")).schedule())
        .isEqualTo(COSINE);
    assertThat(
            bind(Map.of("schedule", "{\"kind\":\"multi-step\",\"at\":[3,7],\"factor\":0.1}"))
                .schedule())
        .isEqualTo(new ScheduleSpec.MultiStep(List.of(3, 7), 0.1));
    assertThat(bind(Map.of("schedule", "{\"kind\":\"constant\"}")).schedule())
        .isEqualTo(new ScheduleSpec.Constant());
  }

  @Test
  void otherKind_byDottedNames_inAnyOrder() {
    OptimizerSpec adam = new OptimizerSpec.Adam(1e-3, 0.5, 0.9, 1e-8, 0, true);
    Map<String, String> names =
        Map.of(
            "optimizer.beta1", "0.5",
            "optimizer.beta2", "0.9",
            "optimizer.kind", "adam",
            "optimizer.learningRate", "1e-3",
            "optimizer.epsilon", "1e-8",
            "optimizer.weight-decay", "0",
            "optimizer.amsgrad", "true");

    assertThat(bind(names).optimizer()).isEqualTo(adam);
    assertThat(bind(Map.of("schedule.kind", "constant")).schedule())
        .isEqualTo(new ScheduleSpec.Constant());
  }

  @Test
  void otherKind_byTree() throws JsonProcessingException {
    TrainingPlan plan =
        bindTree(
            """
            {"epochs": 3,
             "optimizer": {"kind": "adamw", "learning_rate": 0.002, "beta1": 0.9, "beta2": 0.99,
                           "epsilon": 1e-6, "weight_decay": 0.01},
             "schedule": {"kind": "plateau", "factor": 0.5, "patience": 2, "threshold": 1e-4}}
            """);

    assertThat(plan)
        .isEqualTo(
            PLAN.withEpochs(3)
                .withOptimizer(new OptimizerSpec.AdamW(0.002, 0.9, 0.99, 1e-6, 0.01))
                .withSchedule(new ScheduleSpec.Plateau(0.5, 2, 1e-4)));
  }

  @Test
  void otherKind_withinANestedPlan() {
    SampleOptions bound =
        Options.bind(
            "sample",
            SampleOptions.defaults(),
            Map.of("training.schedule", "{\"kind\":\"step\",\"every\":20,\"factor\":0.1}"));

    assertThat(bound.training().schedule()).isEqualTo(new ScheduleSpec.Step(20, 0.1));
  }

  @Test
  void otherKind_inheritsNothing_soThatNoRateIsTakenOverUnseen() {
    assertThatThrownBy(() -> bind(Map.of("optimizer.kind", "adam", "optimizer.beta1", "0.9")))
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll(
            "still missing",
            "optimizer.learning_rate, optimizer.beta2, optimizer.epsilon, optimizer.weight_decay,"
                + " optimizer.amsgrad");
    assertThatThrownBy(() -> bind(Map.of("schedule", "{\"kind\":\"multi-step\",\"factor\":1}")))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("schedule.at");
  }

  @Test
  void optionOfAnotherKind_isRefused() {
    assertThatThrownBy(() -> bind(Map.of("optimizer.beta1", "0.9")))
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll(
            "'optimizer.beta1'", "kind, learning_rate, momentum, weight_decay, nesterov");
    assertThatThrownBy(() -> bind(Map.of("schedule.kind", "constant", "schedule.period", "5")))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("'schedule.period'");
  }

  @Test
  void unknownKind_isRefused_withTheKnownOnes() {
    assertThatThrownBy(() -> bind(Map.of("optimizer.kind", "lion")))
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll("'optimizer.kind'", "'lion'", "sgd | adam | adamw");
    assertThatThrownBy(() -> bind(Map.of("schedule", "{\"kind\":\"linear\"}")))
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll(
            "constant | cosine | step | multi-step | plateau | linear-decay | cosine-per-step");
    assertThatThrownBy(() -> bind(Map.of("optimizer.kind", "null")))
        .isInstanceOf(UsageException.class);
  }

  @Test
  void kindOfSomethingThatHasNone_isRefused() {
    for (String name : List.of("epochs.kind", "augmentation.kind", "nothing.kind", "kind")) {
      assertThatThrownBy(() -> bind(Map.of(name, "sgd")))
          .as(name)
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("'" + name + "'");
    }
  }

  @Test
  void nameOfAKind_isNotTheGroup() {
    assertThatThrownBy(() -> bind(Map.of("optimizer", "adam")))
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll("'optimizer'", "'adam'", "kind, learning_rate");
  }

  @Test
  void valueOutOfRange_ofAnotherKind_isRefused() {
    assertThatThrownBy(
            () -> bind(Map.of("schedule", "{\"kind\":\"step\",\"every\":0,\"factor\":0.1}")))
        .isInstanceOf(UsageException.class)
        .hasMessage("training: every must be at least 1, but was 0");
  }
}
