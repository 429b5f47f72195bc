package io.github.backdoor4j.attacks;

import io.github.backdoor4j.core.data.LabelRule;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.spi.AttackContext;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.train.BatchStream;
import io.github.backdoor4j.core.train.OptimizerSpec;
import io.github.backdoor4j.core.train.ScheduleSpec;
import io.github.backdoor4j.core.train.TrainedPart;
import io.github.backdoor4j.core.train.TrainingHistory;
import io.github.backdoor4j.core.train.TrainingPlan;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** The two trainings of Input-aware. */
final class InputAwarePhases {

  private static final double BETA1 = 0.5;
  private static final double BETA2 = 0.9;
  private static final int PUBLISHED_MASK_EPOCHS = 25;

  /** The authors' drops within 25 epochs. */
  private static final ScheduleSpec MASK_SCHEDULE =
      new ScheduleSpec.MultiStep(List.of(10, 20), 0.1);

  private static final ScheduleSpec BENCHMARK_PATTERN_SCHEDULE =
      new ScheduleSpec.MultiStep(List.of(200, 300, 400, 500), 0.1);

  private InputAwarePhases() {}

  /** The trained mask network, frozen. It does not depend on ratio and target. */
  static PatternGenerator mask(AttackContext context, InputAware.Options options) {
    PatternGenerator mask = options.maskGenerator(context.spec());
    Map<String, Tensor> state =
        context.kept(
            "input-aware-mask",
            key(context, options),
            () -> {
              PatternGenerator learning = options.maskGenerator(context.spec());
              learning.initialize(context.seed().child("mask-weights")).to(context.device());
              train(learning, context, options);
              return learning.state();
            });
    mask.load(state).to(context.device());
    mask.requireGradients(false);
    return mask;
  }

  private static Map<String, Object> key(AttackContext context, InputAware.Options options) {
    TrainingPlan plan = context.plan();
    Map<String, Object> key = new LinkedHashMap<>();
    key.put("seed", context.seed().value());
    key.put("epochs", options.maskEpochs(plan.epochs()));
    key.put("batch_size", plan.batchSize());
    key.put("augmentation", plan.augmentation());
    key.put("precision", plan.precision());
    key.put("device", context.device().toString());
    key.put("density", options.density());
    key.put("sparsity", options.sparsity());
    key.put("diversity", options.diversity());
    key.put("rate", options.generatorRate());
    key.put("width", options.width());
    key.put("double_tanh", options.benchmark());
    return key;
  }

  private static void train(
      PatternGenerator mask, AttackContext context, InputAware.Options options) {
    int epochs = options.maskEpochs(context.plan().epochs());
    TrainingPlan plan =
        context
            .plan()
            .withEpochs(epochs)
            .withDropLast(false)
            .withOptimizer(OptimizerSpec.Adam.of(options.generatorRate(), BETA1, BETA2))
            .withSchedule(
                ControlledTraining.stretched(
                    MASK_SCHEDULE, (double) epochs / PUBLISHED_MASK_EPOCHS));
    Seed seed = context.seed().child("mask");
    MaskStep step = new MaskStep(mask, second(context, plan, seed), options);
    context.trainer("mask").fit(mask, context.training(), plan, step, seed);
  }

  /** The same data once more, in another order. */
  private static BatchStream second(AttackContext context, TrainingPlan plan, Seed seed) {
    return new BatchStream(
        context.training().on(context.device()),
        plan.batchSize(),
        plan.augmentation(),
        plan.dropLast(),
        seed.child("second-stream"));
  }

  /** Trains classifier and pattern network together. */
  static TrainingHistory victim(
      AttackContext context,
      InputAware.Options options,
      LabelRule rule,
      Network model,
      MaskedPatternTrigger trigger) {
    TrainingPlan plan = plan(context, options);
    OptimizerSpec adam = OptimizerSpec.Adam.of(options.generatorRate(), BETA1, BETA2);
    ScheduleSpec patternSchedule =
        options.benchmark() ? BENCHMARK_PATTERN_SCHEDULE : plan.schedule();
    Seed seed = context.seed().child("training");
    InputAwareStep step =
        new InputAwareStep(
            model, trigger, options, rule, context.training(), second(context, plan, seed));
    return context
        .victimTrainer(trigger, rule)
        .fit(
            List.of(
                new TrainedPart("victim", model, plan.optimizer(), plan.schedule()),
                new TrainedPart("pattern", trigger.pattern(), adam, patternSchedule)),
            context.training(),
            plan,
            step,
            seed);
  }

  /** The second phase's plan. */
  static TrainingPlan plan(AttackContext context, InputAware.Options options) {
    TrainingPlan plan = context.plan().withDropLast(false);
    if (!options.benchmark()) {
      return plan;
    }
    int left = plan.epochs() - options.maskEpochs(plan.epochs());
    return plan.withEpochs(Math.max(1, left))
        .withOptimizer(ControlledTraining.BENCHMARK_SGD)
        .withSchedule(ControlledTraining.BENCHMARK_SCHEDULE);
  }
}
