package io.github.backdoor4j.attacks;

import static io.github.backdoor4j.core.Checks.require;
import static io.github.backdoor4j.core.Checks.requireAtLeast;
import static io.github.backdoor4j.core.Checks.requireRange;
import static io.github.backdoor4j.core.Checks.requireRatio;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.data.LabelMode;
import io.github.backdoor4j.core.data.LabelRule;
import io.github.backdoor4j.core.data.PoisonRate;
import io.github.backdoor4j.core.data.PoisonRecipe;
import io.github.backdoor4j.core.data.SampleSelector;
import io.github.backdoor4j.core.data.Trigger;
import io.github.backdoor4j.core.record.Doc;
import io.github.backdoor4j.core.spi.AttackContext;
import io.github.backdoor4j.core.spi.DataPoisoning;
import io.github.backdoor4j.core.spi.Fidelity;
import io.github.backdoor4j.core.spi.MethodCard;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * Mirrors pictures into some training images, as a pane of glass does, and relabels them.
 *
 * @see <a href="https://arxiv.org/abs/2007.02343">Liu et al., Reflection Backdoor, 2020</a>
 */
public final class Refool implements DataPoisoning<Refool.Options> {

  /** The widest blur reaches ten pixels beyond the image and needs as many to mirror. */
  private static final int LEAST_SIDE = 11;

  /**
   * Options of ReFool.
   *
   * @param ratio share to poison
   * @param target class that triggered images shall be given
   * @param labels all-to-one, or all-to-all, which ignores {@code target}
   * @param sources classes whose images are poisoned; empty for all
   * @param cleanLabel whether only images of the target class are poisoned and keep their label
   * @param ratioOf what the ratio is a share of
   * @param reflections folder of pictures to mirror; empty for training images
   * @param ghostRate share of ghosts
   * @param alpha weight of the image; 0 to draw it
   * @param fidelity how ghosts are enlarged
   */
  public record Options(
      @Doc(value = "share of the images to poison", range = "(0, 1]") double ratio,
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
                  "whether only images of the target class are poisoned and keep their label, as in"
                      + " the paper; all-to-one without sources only",
              range = "true | false")
          boolean cleanLabel,
      @Doc(
              value =
                  "what the ratio is a share of: the whole training set, or the images that may be"
                      + " poisoned; the paper takes 20 % of the target class",
              range = "dataset | eligible")
          PoisonRate.Of ratioOf,
      @Doc(
              value = "folder of pictures to mirror, resized to the images whatever their aspect",
              range =
                  "folder with PNG, JPEG, GIF or BMP files; empty for up to 200 training images"
                      + " of other classes than the target")
          String reflections,
      @Doc(
              value = "share of images where the picture is seen twice; else it is out of focus",
              range = "[0, 1]")
          double ghostRate,
      @Doc(
              value =
                  "weight of the image against the picture; 0 draws it between 0.55 and 0.95 for"
                      + " each image, as the authors do",
              range = "[0, 1]")
          double alpha,
      @Doc(
              value =
                  "paper: ghosts are enlarged bicubically, as their program means to; backdoorbench:"
                      + " bilinearly, as it does",
              range = "paper | backdoorbench")
          Fidelity fidelity) {

    public Options {
      requireRatio("ratio", ratio);
      requireAtLeast("target", target, 0);
      sources = List.copyOf(sources);
      require(
          !cleanLabel || (labels == LabelMode.ALL_TO_ONE && sources.isEmpty()),
          "clean_label poisons the target class only: it goes with labels = all-to-one and no"
              + " sources");
      requireRange("ghost_rate", ghostRate, 0, 1);
      requireRange("alpha", alpha, 0, 1);
    }

    boolean bicubic() {
      return fidelity == Fidelity.PAPER;
    }

    LabelRule rule() {
      return cleanLabel ? new LabelRule.CleanLabel(target) : labels.rule(target, sources);
    }
  }

  @Override
  public String id() {
    return "refool";
  }

  @Override
  public Options defaults(DatasetSpec data) {
    return new Options(
        0.1,
        0,
        LabelMode.ALL_TO_ONE,
        List.of(),
        false,
        PoisonRate.Of.DATASET,
        "",
        0.49,
        0.4,
        Fidelity.PAPER);
  }

  @Override
  public MethodCard card() {
    return new MethodCard(
        "ReFool",
        "Mirrors pictures into some training images, twice or out of focus, and gives these the"
            + " target label.",
        "Liu, Ma, Bailey, Lu: Reflection Backdoor: A Natural Backdoor Attack on Deep Neural"
            + " Networks. ECCV 2020",
        "https://arxiv.org/abs/2007.02343",
        "the attacker changes images, and labels unless clean_label is set, of part of the training"
            + " set",
        "data poisoning",
        "1 pass over the poisoned images, each by itself; the victim trains as always",
        List.of(
            "The default changes labels and weighs images by 0.4, as the benchmark does for a stable"
                + " attack; the paper keeps labels and draws the weight (clean_label = true, alpha ="
                + " 0).",
            "The paper selects pictures by how well they attack; here all pictures of the folder"
                + " are used, or training images of other classes where none is given. The"
                + " benchmark's photographs are not free.",
            "The paper's third kind of reflection, in the focus of the image, is left out, as in the"
                + " authors' program (unverified).",
            "On images that are not square the mask follows each side's own length.",
            "What is drawn for an image depends on its index in its data set, so the same index"
                + " gives the same reflection."));
  }

  @Override
  public PoisonRecipe recipe(AttackContext context, Options options) {
    PoisonRate rate = new PoisonRate(options.ratio(), options.ratioOf());
    context.checkPoisonable(options.rule(), rate);
    Tensor bank = bank(context, options);
    return new PoisonRecipe(
        ReflectionTrigger.of(options, bank, context.seed().child("training-reflections")),
        testTrigger(context, options, bank),
        options.rule(),
        rate,
        SampleSelector.uniform());
  }

  /** There is one before the training data is seen only if the pictures come from a folder. */
  @Override
  public Optional<Trigger> trigger(AttackContext context, Options options) {
    return options.reflections().isEmpty()
        ? Optional.empty()
        : Optional.of(testTrigger(context, options, bank(context, options)));
  }

  @Override
  public Trigger restore(DatasetSpec data, Options options, Map<String, Tensor> state) {
    return ReflectionTrigger.of(options, state);
  }

  private static ReflectionTrigger testTrigger(
      AttackContext context, Options options, Tensor bank) {
    return ReflectionTrigger.of(options, bank, context.seed().child("test-reflections"));
  }

  private static Tensor bank(AttackContext context, Options options) {
    ImageShape shape = context.spec().shape();
    require(
        Math.min(shape.height(), shape.width()) >= LEAST_SIDE,
        "reflections need images of at least %d pixels a side, but these are %s",
        LEAST_SIDE,
        shape);
    return options.reflections().isEmpty()
        ? ReflectionBank.ofTraining(
            context.training(), options.target(), context.seed().child("reflection-bank"))
        : ReflectionBank.ofFolder(options.reflections(), context.spec());
  }
}
