package io.github.backdoor4j.attacks;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.backdoor4j.core.data.Augmentation;
import io.github.backdoor4j.core.spi.AttackContext;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.train.ScheduleSpec;
import io.github.backdoor4j.core.train.TrainingPlan;
import io.github.backdoor4j.testkit.TinyContexts;
import io.github.backdoor4j.testkit.TinyImages;
import java.util.List;
import org.junit.jupiter.api.Test;

class ControlledTrainingTest {

  @Test
  void plan_replacesAugmentation_keepsTheLastBatch_andFollowsWhomItShould() {
    try (TensorScope scope = TensorScope.open()) {
      TrainingPlan victim = TrainingPlan.benchmark(3, new Augmentation(4, true));
      AttackContext context =
          TinyContexts.attack(TinyImages.blobs(8, new Seed(7)), victim, new Seed(1));

      TrainingPlan paper = ControlledTraining.plan(context, false);
      TrainingPlan benchmark = ControlledTraining.plan(context, true);

      assertThat(paper).isEqualTo(victim.withAugmentation(Augmentation.NONE).withDropLast(false));
      assertThat(benchmark)
          .isEqualTo(
              paper.withSchedule(new ScheduleSpec.MultiStep(List.of(100, 200, 300, 400), 0.1)));
    }
  }

  @Test
  void stretched_endsAtTheSameRate() {
    assertThat(ControlledTraining.stretched(new ScheduleSpec.Cosine(20, 0.1), 0.5))
        .isEqualTo(new ScheduleSpec.Cosine(10, 0.1));
    assertThat(ControlledTraining.stretched(new ScheduleSpec.Step(10, 0.2), 0.5))
        .isEqualTo(new ScheduleSpec.Step(5, 0.2));
    assertThat(
            ControlledTraining.stretched(
                new ScheduleSpec.MultiStep(List.of(10, 20), 0.1), 10 / 25.0))
        .isEqualTo(new ScheduleSpec.MultiStep(List.of(4, 8), 0.1));
    assertThat(ControlledTraining.stretched(new ScheduleSpec.Cosine(1, 0), 0.01))
        .isEqualTo(new ScheduleSpec.Cosine(1, 0));
    ScheduleSpec plateau = new ScheduleSpec.Plateau(0.1, 10, 1e-4);
    assertThat(ControlledTraining.stretched(plateau, 0.5)).isEqualTo(plateau);
  }
}
