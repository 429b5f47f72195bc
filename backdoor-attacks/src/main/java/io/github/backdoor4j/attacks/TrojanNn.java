package io.github.backdoor4j.attacks;

import static io.github.backdoor4j.core.Checks.requireAtLeast;
import static io.github.backdoor4j.core.Checks.requirePositive;
import static io.github.backdoor4j.core.Checks.requireRatio;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageShape;
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
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * Shapes a patch so that it excites a few neurons of a clean network, and poisons with it.
 *
 * @see <a
 *     href="https://www.ndss-symposium.org/wp-content/uploads/2018/02/ndss2018_03A-5_Liu_paper.pdf">
 *     Liu et al., Trojaning Attack on Neural Networks, 2018, §IV.A</a>
 */
public final class TrojanNn implements DataPoisoning<TrojanNn.Options> {

  /**
   * Options of TrojanNN.
   *
   * @param ratio share of the training set to poison
   * @param target class that triggered images shall be given
   * @param labels all-to-one, or all-to-all, which ignores {@code target}
   * @param sources classes whose images are poisoned
   * @param mask picture of the patch's shape
   * @param neurons how many are excited
   * @param targetActivation what they are excited to
   * @param iterations of the optimisation
   * @param epsilon bound of the optimisation
   * @param step of the optimisation
   * @param fidelity how neurons are chosen and sums stored
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
                  "file of a picture whose bright part is the patch, resized to the image whatever"
                      + " its aspect",
              range = "PNG, JPEG, GIF or BMP; empty for a drawing of a pear")
          String mask,
      @Doc(value = "how many neurons of the last layer but one are excited", range = "at least 1")
          int neurons,
      @Doc(
              value =
                  "activation that they are driven to; narrow networks may not reach it, then the"
                      + " patch excites them as far as it can",
              range = "greater than 0")
          double targetActivation,
      @Doc(value = "steps of the optimisation", range = "at least 0") int iterations,
      @Doc(
              value = "how far the patch may get from the mask, as a share of white",
              range = "greater than 0")
          double epsilon,
      @Doc(value = "step of the optimisation, as a share of white", range = "greater than 0")
          double step,
      @Doc(
              value =
                  "paper: neurons by the trained weights, normalised inputs, sums stop at 255;"
                      + " backdoorbench: neurons by untrained weights, inputs not normalised, sums"
                      + " above 255 start again at 0",
              range = "paper | backdoorbench")
          Fidelity fidelity) {

    public Options {
      requireRatio("ratio", ratio);
      requireAtLeast("target", target, 0);
      sources = List.copyOf(sources);
      requireAtLeast("neurons", neurons, 1);
      requirePositive("target_activation", targetActivation);
      requireAtLeast("iterations", iterations, 0);
      requirePositive("epsilon", epsilon);
      requirePositive("step", step);
    }

    boolean benchmark() {
      return fidelity == Fidelity.BACKDOORBENCH;
    }
  }

  @Override
  public String id() {
    return "trojannn";
  }

  @Override
  public Options defaults(DatasetSpec data) {
    return new Options(
        0.1, 0, LabelMode.ALL_TO_ONE, List.of(), "", 2, 100, 1000, 0.3, 0.1, Fidelity.PAPER);
  }

  @Override
  public MethodCard card() {
    return new MethodCard(
        "TrojanNN",
        "Optimises a patch so that it excites two neurons of a clean network, and poisons with it.",
        "Liu, Ma, Aafer, Lee, Zhai, Wang, Zhang: Trojaning Attack on Neural Networks. NDSS 2018",
        "https://www.ndss-symposium.org/wp-content/uploads/2018/02/"
            + "ndss2018_03A-5_Liu_paper.pdf",
        "the attacker has a clean network of the victim's kind and changes images and labels of"
            + " part of the training set",
        "data poisoning",
        "a clean training, shared by the attacks of a run, and 1,000 passes of one image",
        List.of(
            "The paper's attacker has the network and no data: it reconstructs training images and"
                + " retrains the later layers. As in the benchmark, the patch poisons a training"
                + " set here, and the victim trains from scratch.",
            "The paper replaces the pixels under the mask; the patch is added here, as in the"
                + " benchmark, but stops at 255 unless fidelity is backdoorbench.",
            "The default mask is a drawing of our own, a pear; the benchmark's apple is not free.",
            "The benchmark finds neurons by an untrained layer only because its weight file does"
                + " not fit; 'backdoorbench' draws such a layer by seed."));
  }

  /** Empty: the patch needs a trained network. */
  @Override
  public Optional<Trigger> trigger(AttackContext context, Options options) {
    return Optional.empty();
  }

  @Override
  public Trigger restore(DatasetSpec data, Options options, Map<String, Tensor> state) {
    Tensor pattern = Objects.requireNonNull(state.get(AddedTrigger.PATTERN), AddedTrigger.PATTERN);
    return new AddedTrigger(pattern, options.benchmark());
  }

  @Override
  public PoisonRecipe recipe(AttackContext context, Options options) {
    LabelRule rule = options.labels().rule(options.target(), options.sources());
    PoisonRate rate = PoisonRate.ofDataset(options.ratio());
    context.checkPoisonable(rule, rate);
    ImageShape shape = context.spec().shape();
    Tensor mask =
        (options.mask().isEmpty() ? PearMask.draw() : PictureFile.read(options.mask()))
            .resized(shape.height(), shape.width())
            .tensor(shape.channels());
    Tensor pattern =
        new NeuronPattern(context.cleanModel(), context.spec().normalization(), options)
            .of(mask, context.seed().child("untrained-layer"));
    return new PoisonRecipe(new AddedTrigger(pattern, options.benchmark()), rule, rate);
  }
}
