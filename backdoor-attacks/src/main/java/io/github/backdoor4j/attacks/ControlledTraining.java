package io.github.backdoor4j.attacks;

import io.github.backdoor4j.core.data.Augmentation;
import io.github.backdoor4j.core.spi.AttackContext;
import io.github.backdoor4j.core.train.OptimizerSpec;
import io.github.backdoor4j.core.train.ScheduleSpec;
import io.github.backdoor4j.core.train.TrainingPlan;
import java.util.List;

/** The recipes of attacks that train the victim themselves. */
final class ControlledTraining {

  /**
   * What BackdoorBench trains such victims with, where it does not follow the data set's recipe.
   */
  static final OptimizerSpec BENCHMARK_SGD = new OptimizerSpec.Sgd(0.01, 0.9, 5e-4, false);

  /** BackdoorBench's schedule of such victims, whatever the number of epochs. */
  static final ScheduleSpec BENCHMARK_SCHEDULE =
      new ScheduleSpec.MultiStep(List.of(100, 200, 300, 400), 0.1);

  private ControlledTraining() {}

  /**
   * The victim's plan for attacks that augment whole batches after the trigger: no augmentation
   * before it, the last short batch kept.
   *
   * @param benchmark whether the learning rate follows BackdoorBench's schedule instead of the
   *     victim's
   */
  static TrainingPlan plan(AttackContext context, boolean benchmark) {
    TrainingPlan plan = context.plan().withAugmentation(Augmentation.NONE).withDropLast(false);
    return benchmark ? plan.withSchedule(BENCHMARK_SCHEDULE) : plan;
  }

  /**
   * A schedule for a training of another length, so that it ends at the same rate: all its epochs
   * times a factor, rounded.
   *
   * @param factor new length over old length
   */
  static ScheduleSpec stretched(ScheduleSpec schedule, double factor) {
    if (schedule instanceof ScheduleSpec.Cosine cosine) {
      return new ScheduleSpec.Cosine(scaled(cosine.period(), factor), cosine.minimum());
    }
    if (schedule instanceof ScheduleSpec.Step step) {
      return new ScheduleSpec.Step(scaled(step.every(), factor), step.factor());
    }
    if (schedule instanceof ScheduleSpec.MultiStep steps) {
      return new ScheduleSpec.MultiStep(
          steps.at().stream().map(at -> scaled(at, factor)).toList(), steps.factor());
    }
    return schedule; // constant, or it follows the loss
  }

  private static int scaled(int epochs, double factor) {
    return (int) Math.max(1, Math.rint(epochs * factor));
  }
}
