package io.github.backdoor4j.attacks;

import io.github.backdoor4j.core.data.Augmentation;
import io.github.backdoor4j.core.nn.Trainable;
import io.github.backdoor4j.core.nn.Trainables;
import io.github.backdoor4j.core.spi.AttackContext;
import io.github.backdoor4j.core.tensor.Precision;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.train.BatchStep;
import io.github.backdoor4j.core.train.JointStep;
import io.github.backdoor4j.core.train.OptimizerSpec;
import io.github.backdoor4j.core.train.ScheduleSpec;
import io.github.backdoor4j.core.train.TrainedPart;
import io.github.backdoor4j.core.train.TrainingPlan;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/** Trains Poison Ink's injection network on the attacker's images, once for all their runs. */
final class InkTraining {

  private static final int BATCH = 32;
  private static final double CRITIC = 1e4;
  private static final ScheduleSpec SCHEDULE = new ScheduleSpec.Step(80, 0.1);

  private final AttackContext context;
  private final PoisonInk.Options options;
  private final Seed seed;
  private final InkNetworks networks;
  private final Trainable both;

  private InkTraining(AttackContext context, PoisonInk.Options options) {
    this.context = context;
    this.options = options;
    this.seed = new Seed(options.generatorSeed()).child("poison-ink");
    int channels = context.spec().shape().channels();
    UnetB injection = options.blankInjection(channels);
    injection.initialize(seed.child("injection")).to(context.device());
    HidingRes extractor = new HidingRes(channels, 2 * options.width());
    extractor.initialize(seed.child("extractor")).to(context.device());
    this.networks = new InkNetworks(injection, extractor, options.edgeThreshold());
    Map<String, Trainable> parts = new LinkedHashMap<>();
    parts.put("injection", injection);
    parts.put("extractor", extractor);
    this.both = Trainables.joined(parts);
  }

  /** Trains, or finds the weights of an earlier run. */
  static UnetB injection(AttackContext context, PoisonInk.Options options) {
    Map<String, Tensor> kept =
        context.kept("poison-ink", key(options), () -> new InkTraining(context, options).run());
    return InkTrigger.loaded(options.blankInjection(context.spec().shape().channels()), kept);
  }

  private static Map<String, Object> key(PoisonInk.Options options) {
    Map<String, Object> key = new LinkedHashMap<>();
    key.put("edge_threshold", options.edgeThreshold());
    key.put("width", options.width());
    key.put("stage_epochs", options.stageEpochs());
    key.put("learning_rate", options.learningRate());
    key.put("rotation", options.rotation());
    key.put("adversarial_epochs", options.adversarialEpochs());
    key.put("seed", options.generatorSeed());
    return key;
  }

  private Map<String, Tensor> run() {
    double degrees = options.rotation();
    stage("rotation", new Interference(degrees, false, false));
    stage("crop", new Interference(degrees, true, false));
    Interference all = new Interference(degrees, true, true);
    stage("flip", all);
    if (options.adversarialEpochs() > 0) {
      adversarial(all);
    }
    return networks.injection().state();
  }

  private void stage(String name, Interference interference) {
    BatchStep step =
        (batch, position) ->
            networks.result(batch, position, context.spec().normalization(), interference).loss();
    context
        .trainer("poison-ink-" + name)
        .fit(
            both,
            context.training(),
            plan(options.stageEpochs()),
            step,
            seed.child("training").child(name));
  }

  private void adversarial(Interference interference) {
    PatchCritic critic = new PatchCritic(context.spec().shape().channels(), options.width());
    critic.initialize(seed.child("critic")).to(context.device());
    TrainingPlan plan = plan(options.adversarialEpochs());
    List<TrainedPart> parts =
        List.of(
            new TrainedPart("ink", both, plan.optimizer(), SCHEDULE),
            new TrainedPart("critic", critic, plan.optimizer(), SCHEDULE));
    context
        .trainer("poison-ink-adversarial")
        .fit(
            parts,
            context.training(),
            plan,
            adversarialStep(critic, interference),
            seed.child("training").child("adversarial"));
  }

  private JointStep adversarialStep(PatchCritic critic, Interference interference) {
    return (batch, step) -> {
      InkNetworks.Result result =
          networks.result(batch, step, context.spec().normalization(), interference);
      Tensor deceived = InkNetworks.distance(critic.apply(result.inked()), 1);
      Tensor onClean = InkNetworks.distance(critic.apply(result.unit()), 1);
      Tensor onInked = InkNetworks.distance(critic.apply(result.inked().detach()), 0);
      return List.of(
          result.loss().add(deceived.mul(new Scalar(CRITIC))),
          onClean.add(onInked).mul(new Scalar(0.5)));
    };
  }

  private TrainingPlan plan(int epochs) {
    return plan(epochs, options.learningRate());
  }

  static TrainingPlan plan(int epochs, double learningRate) {
    OptimizerSpec optimizer = OptimizerSpec.Adam.of(learningRate, 0.5, 0.999);
    return new TrainingPlan(
        epochs, BATCH, optimizer, SCHEDULE, Augmentation.NONE, Precision.FP32, true);
  }
}
