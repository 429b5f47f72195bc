package io.github.backdoor4j.attacks;

import io.github.backdoor4j.core.data.LabelRule;
import io.github.backdoor4j.core.nn.Model;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.spi.AttackContext;
import io.github.backdoor4j.core.train.OptimizerSpec;
import io.github.backdoor4j.core.train.ScheduleSpec;
import io.github.backdoor4j.core.train.TrainedPart;
import io.github.backdoor4j.core.train.Trainer;
import io.github.backdoor4j.core.train.TrainingHistory;
import io.github.backdoor4j.core.train.TrainingPlan;
import java.util.List;

/**
 * The two trainings of LIRA.
 *
 * @param context what the attack is given
 * @param options of the attack
 * @param rule what happens to labels
 * @param victim the classifier, trained in both
 * @param trigger with the frozen generator
 */
record LiraStages(
    AttackContext context,
    Lira.Options options,
    LabelRule rule,
    Network victim,
    NoiseTrigger trigger) {

  private static final double BETA1 = 0.9;
  private static final double BETA2 = 0.999;

  private static final ScheduleSpec BENCHMARK_SECOND =
      new ScheduleSpec.MultiStep(List.of(50, 100, 150, 200), 0.1);

  /** Trains both stages, or the first alone where its classifier is the one that is saved. */
  TrainingHistory train(Model learning) {
    Trainer watched = context.victimTrainer(trigger, rule);
    boolean one = options.saved() == Lira.Saved.STAGE1 || epochs(true) == context.plan().epochs();
    TrainingHistory history = first(learning, one ? watched : context.trainer("stage-1"));
    return one ? history : second(watched);
  }

  /** Epochs of a stage; both have at least one where the victim trains for two. */
  private int epochs(boolean first) {
    int all = context.plan().epochs();
    int ofFirst = (int) Math.rint(options.firstStage() * all);
    ofFirst = Math.max(1, Math.min(all - 1, ofFirst));
    return first ? ofFirst : all - ofFirst;
  }

  private TrainingHistory first(Model learning, Trainer trainer) {
    TrainingPlan plan = ControlledTraining.plan(context, false).withEpochs(epochs(true));
    ScheduleSpec constant = new ScheduleSpec.Constant();
    return trainer.fit(
        List.of(
            new TrainedPart("victim", victim, firstOptimizer(), constant),
            new TrainedPart(
                "generator",
                learning,
                OptimizerSpec.Adam.of(options.generatorRate(), BETA1, BETA2),
                constant)),
        context.training(),
        plan,
        new LiraFirstStep(new LiraLosses(this), learning),
        context.seed().child("stage-1"));
  }

  /** Without weight decay, as the authors have it. */
  private OptimizerSpec firstOptimizer() {
    OptimizerSpec spec =
        options.benchmark() ? ControlledTraining.BENCHMARK_SGD : plan().optimizer();
    return spec instanceof OptimizerSpec.Sgd sgd
        ? new OptimizerSpec.Sgd(sgd.learningRate(), sgd.momentum(), 0, sgd.nesterov())
        : spec;
  }

  private TrainingPlan plan() {
    return context.plan();
  }

  private TrainingHistory second(Trainer trainer) {
    int epochs = epochs(false);
    TrainingPlan plan = ControlledTraining.plan(context, false).withEpochs(epochs);
    TrainingPlan whole =
        options.benchmark()
            ? plan.withOptimizer(ControlledTraining.BENCHMARK_SGD).withSchedule(BENCHMARK_SECOND)
            : plan.withSchedule(
                ControlledTraining.stretched(plan().schedule(), (double) epochs / plan().epochs()));
    LiraLosses losses = new LiraLosses(this);
    return trainer.fit(
        victim, context.training(), whole, losses::victimLoss, context.seed().child("stage-2"));
  }
}
