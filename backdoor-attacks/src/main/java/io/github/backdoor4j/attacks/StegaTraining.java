package io.github.backdoor4j.attacks;

import io.github.backdoor4j.core.data.Augmentation;
import io.github.backdoor4j.core.nn.Trainable;
import io.github.backdoor4j.core.nn.Trainables;
import io.github.backdoor4j.core.spi.AttackContext;
import io.github.backdoor4j.core.tensor.Precision;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.train.EpochReport;
import io.github.backdoor4j.core.train.OptimizerSpec;
import io.github.backdoor4j.core.train.ScheduleSpec;
import io.github.backdoor4j.core.train.TrainingListener;
import io.github.backdoor4j.core.train.TrainingPlan;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** Trains StegaStamp's encoder and decoder on the attacker's images, once for all their runs. */
final class StegaTraining {

  static final String ACCURACY = "bit_accuracy";
  static final String DISTANCE = "image_distance";
  static final String WEIGHT = "image_weight";

  private static final String ENCODER = "encoder";
  private static final String DECODER = "decoder";
  private static final int BATCH = 64;

  private StegaTraining() {}

  /** Trains, or finds the weights of an earlier run. */
  static StegaEncoder encoder(AttackContext context, Ssba.Options options) {
    Map<String, Tensor> kept =
        context.kept("stegastamp", key(options), () -> train(context, options));
    return blank(context, options).load(StegaEncoder.part(ENCODER, kept));
  }

  private static StegaEncoder blank(AttackContext context, Ssba.Options options) {
    return options.blankEncoder(context.spec().shape().channels());
  }

  private static Map<String, Object> key(Ssba.Options options) {
    Map<String, Object> key = new LinkedHashMap<>();
    key.put("bits", options.bits());
    key.put("width", options.width());
    key.put("epochs", options.encoderEpochs());
    key.put("learning_rate", options.learningRate());
    key.put("image_weight", options.imageWeight());
    key.put("ramp_wait", options.rampWait());
    key.put("ramp_steps", options.rampSteps());
    key.put("seed", options.generatorSeed());
    key.put("fidelity", options.fidelity());
    return key;
  }

  private static Map<String, Tensor> train(AttackContext context, Ssba.Options options) {
    Seed seed = new Seed(options.generatorSeed()).child("stegastamp");
    StegaEncoder encoder =
        blank(context, options).initialize(seed.child(ENCODER), context.device());
    StegaDecoder decoder = decoder(context, options);
    decoder.initialize(seed.child(DECODER)).to(context.device());
    Map<String, Trainable> parts = new LinkedHashMap<>();
    parts.put(ENCODER, encoder.trainable());
    parts.put(DECODER, decoder);
    Trainable both = Trainables.joined(parts);
    StegaStep step =
        new StegaStep(
            encoder,
            decoder,
            context.spec().normalization(),
            new StegaStep.Ramp(options.imageWeight(), options.rampWait(), options.rampSteps()),
            options.bits());
    context
        .trainer("stegastamp")
        .with(new Settled(options.imageWeight()))
        .fit(both, context.training(), plan(options), step, seed.child("training"));
    return both.parameters();
  }

  static StegaDecoder decoder(AttackContext context, Ssba.Options options) {
    return new StegaDecoder(context.spec().shape(), options.bits(), !options.benchmark());
  }

  static TrainingPlan plan(Ssba.Options options) {
    return new TrainingPlan(
        options.encoderEpochs(),
        BATCH,
        OptimizerSpec.Adam.of(options.learningRate(), 0.9, 0.999),
        new ScheduleSpec.Constant(),
        Augmentation.NONE,
        Precision.FP32,
        true);
  }

  /** Ends the training early once messages are read and images look right, at the full weight. */
  static final class Settled implements TrainingListener {

    private static final double READ = 0.99;

    /** 35 dB. */
    private static final double CLOSE = 3.2e-4;

    private final double fullWeight;
    private boolean settled;

    Settled(double fullWeight) {
      this.fullWeight = fullWeight;
    }

    @Override
    public EpochReport onEpoch(EpochReport report) {
      settled =
          report.mean(WEIGHT) > 0.999 * fullWeight
              && report.mean(ACCURACY) >= READ
              && report.mean(DISTANCE) <= CLOSE;
      return report;
    }

    @Override
    public boolean wantsStop() {
      return settled;
    }
  }
}
