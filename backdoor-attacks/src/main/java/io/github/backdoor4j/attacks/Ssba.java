package io.github.backdoor4j.attacks;

import static io.github.backdoor4j.core.Checks.require;
import static io.github.backdoor4j.core.Checks.requireAtLeast;
import static io.github.backdoor4j.core.Checks.requirePositive;
import static io.github.backdoor4j.core.Checks.requireRatio;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.LabelMode;
import io.github.backdoor4j.core.data.LabelRule;
import io.github.backdoor4j.core.data.PoisonRate;
import io.github.backdoor4j.core.data.PoisonRecipe;
import io.github.backdoor4j.core.data.Trigger;
import io.github.backdoor4j.core.record.Doc;
import io.github.backdoor4j.core.spi.AttackContext;
import io.github.backdoor4j.core.spi.DataPoisoning;
import io.github.backdoor4j.core.spi.Fidelity;
import io.github.backdoor4j.core.spi.MethodCard;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Hides a message in images by a learnt steganographic encoder: the message is the same, what it
 * changes differs from image to image.
 *
 * @see <a href="https://arxiv.org/abs/2012.03816">Li et al., Invisible Backdoor Attack with
 *     Sample-Specific Triggers, 2021, §4</a>
 */
public final class Ssba implements DataPoisoning<Ssba.Options> {

  /**
   * Options of SSBA.
   *
   * @param ratio share of the training set to poison
   * @param target class that triggered images shall be given
   * @param labels all-to-one, or all-to-all, which ignores {@code target}
   * @param sources classes whose images are poisoned
   * @param secret what is hidden
   * @param bits length of the message
   * @param width of the encoder
   * @param encoderEpochs of the encoder's training
   * @param learningRate of the encoder's training
   * @param imageWeight of the image in the encoder's loss, in the end
   * @param rampWait steps before that weight rises
   * @param rampSteps steps in which it rises
   * @param generatorSeed of the encoder's training
   * @param fidelity which encoder
   */
  public record Options(
      @Doc(value = "share of the training set to poison", range = "(0, 1]") double ratio,
      @Doc(value = "class that triggered images shall be given", range = "0 to classes - 1")
          int target,
      @Doc(
              value =
                  "what happens to labels; all-to-all makes class y to y + 1 and ignores target",
              range = "all-to-one | all-to-all")
          LabelMode labels,
      @Doc(
              value = "classes whose images are poisoned, all-to-one only; empty for all classes",
              range = "class numbers")
          List<Integer> sources,
      @Doc(
              value =
                  "text that is hidden, with an error-correcting code; empty for bits drawn by the"
                      + " run's seed",
              range = "at most 7 bytes; needs bits = 100 unless empty")
          String secret,
      @Doc(value = "length of the message", range = "at least 1") int bits,
      @Doc(
              value =
                  "channels of the encoder's first level; 32 is the published network, 16 takes a"
                      + " third of its time",
              range = "at least 1")
          int width,
      @Doc(
              value =
                  "epochs of the encoder's training; it ends earlier when 99 % of the bits are read"
                      + " and images are at 35 dB",
              range = "at least 0")
          int encoderEpochs,
      @Doc(
              value = "learning rate of the encoder's training, by Adam in batches of 64",
              range = "greater than 0")
          double learningRate,
      @Doc(
              value = "weight of the squared image distance beside the message's loss, in the end",
              range = "greater than 0")
          double imageWeight,
      @Doc(
              value = "training steps from 90 % of the bits read until that weight rises",
              range = "at least 0")
          int rampWait,
      @Doc(value = "training steps in which it rises from 0", range = "at least 1") int rampSteps,
      @Doc(
              value =
                  "seed of the encoder's training; runs on a data set with the same seed and"
                      + " encoder options share the encoder",
              range = "any whole number")
          long generatorSeed,
      @Doc(
              value =
                  "paper: the encoder's output is added to the image, as in StegaStamp, and weights"
                      + " start at He's scale; backdoorbench: the output is the image, weights"
                      + " start by PyTorch's default",
              range = "paper | backdoorbench")
          Fidelity fidelity) {

    public Options {
      requireRatio("ratio", ratio);
      requireAtLeast("target", target, 0);
      sources = List.copyOf(sources);
      requireAtLeast("bits", bits, 1);
      if (!secret.isEmpty()) {
        require(
            bits == BchCode.BITS && BchCode.message(secret).length == bits,
            "secret '%s' makes a message of %d bits; for bits = %d leave it empty",
            secret,
            BchCode.BITS,
            bits);
      }
      requireAtLeast("width", width, 1);
      requireAtLeast("encoder_epochs", encoderEpochs, 0);
      requirePositive("learning_rate", learningRate);
      requirePositive("image_weight", imageWeight);
      requireAtLeast("ramp_wait", rampWait, 0);
      requireAtLeast("ramp_steps", rampSteps, 1);
    }

    boolean benchmark() {
      return fidelity == Fidelity.BACKDOORBENCH;
    }

    StegaEncoder blankEncoder(int channels) {
      return StegaEncoder.blank(channels, bits, width, !benchmark());
    }
  }

  @Override
  public String id() {
    return "ssba";
  }

  @Override
  public List<String> aliases() {
    return List.of("issba");
  }

  @Override
  public Options defaults(DatasetSpec data) {
    return new Options(
        0.1,
        0,
        LabelMode.ALL_TO_ONE,
        List.of(),
        "",
        32,
        16,
        8,
        0.001,
        10,
        0,
        300,
        0,
        Fidelity.PAPER);
  }

  @Override
  public MethodCard card() {
    return new MethodCard(
        "SSBA",
        "Hides a message in some training images by a steganographic encoder and gives them the"
            + " target label.",
        "Li, Li, Wu, Li, He, Lyu: Invisible Backdoor Attack with Sample-Specific Triggers. ICCV"
            + " 2021",
        "https://arxiv.org/abs/2012.03816",
        "the attacker changes images and labels of part of the training set, and trains an encoder"
            + " on its images",
        "data poisoning",
        "encoder_epochs passes over the training set through encoder and decoder, once per data set"
            + " and generator_seed",
        List.of(
            "Authors and benchmark train the encoder of width 32 for 20 epochs with learning rate"
                + " 1e-4, the defaults here are for minutes on a"
                + " processor, by a narrower encoder, a rate of 1e-3 and a short ramp.",
            "No perceptual loss, no critic and no disturbance of the images between encoder and"
                + " decoder, as in the benchmark; the authors' encoder for 224 pixels has them.",
            "The encoder is trained at the size of the data set. Sides that are no multiples of 16"
                + " are filled up by repeated edges within the encoder.",
            "He's scale of first weights is that of StegaStamp's public code (from memory,"
                + " unverified); with PyTorch's default, messages are learnt many times slower."));
  }

  /** Empty: the encoder must be trained. */
  @Override
  public Optional<Trigger> trigger(AttackContext context, Options options) {
    return Optional.empty();
  }

  @Override
  public Trigger restore(DatasetSpec data, Options options, Map<String, Tensor> state) {
    return StegaTrigger.restore(options.blankEncoder(data.shape().channels()), state);
  }

  @Override
  public PoisonRecipe recipe(AttackContext context, Options options) {
    LabelRule rule = options.labels().rule(options.target(), options.sources());
    PoisonRate rate = PoisonRate.ofDataset(options.ratio());
    context.checkPoisonable(rule, rate);
    StegaEncoder encoder = StegaTraining.encoder(context, options);
    Tensor message = context.device().place(message(options, context.seed().child("message")));
    return new PoisonRecipe(new StegaTrigger(encoder, message), rule, rate);
  }

  static Tensor message(Options options, Seed seed) {
    return options.secret().isEmpty()
        ? Tensors.integers(Tensors.generator(seed), 0, 2, 1, options.bits()).to(ScalarType.Float)
        : Tensors.ofFloats(BchCode.message(options.secret()), 1, options.bits());
  }
}
