package io.github.backdoor4j.attacks;

import static io.github.backdoor4j.core.Checks.requireAtLeast;
import static io.github.backdoor4j.core.Checks.requirePositive;
import static io.github.backdoor4j.core.Checks.requireRatio;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.data.LabelRule;
import io.github.backdoor4j.core.data.PoisonRate;
import io.github.backdoor4j.core.data.PoisonRecipe;
import io.github.backdoor4j.core.data.SampleSelector;
import io.github.backdoor4j.core.record.Doc;
import io.github.backdoor4j.core.spi.AttackContext;
import io.github.backdoor4j.core.spi.DataPoisoning;
import io.github.backdoor4j.core.spi.Fidelity;
import io.github.backdoor4j.core.spi.MethodCard;
import java.util.List;

/**
 * Raises two coefficients in the spectrum of the colour planes of images of the target class, whose
 * labels stay right.
 *
 * @see <a href="https://arxiv.org/abs/2210.07346">Li et al., CTRL, 2023</a>
 */
public final class Ctrl implements DataPoisoning<Ctrl.Options> {

  private static final int FEW_CLASSES = 10;
  private static final int LAST_CHANNEL = 2;
  private static final int PAPER_WINDOW = 32;

  /**
   * Options of CTRL.
   *
   * @param ratio share to poison
   * @param ratioOf what the ratio is a share of
   * @param target class whose images are poisoned, and that triggered images shall be given
   * @param magnitude of the mark in training images
   * @param testMagnitude of the mark in test images
   * @param channels planes of YUV that carry the mark
   * @param positions frequencies of the mark
   * @param window side of the windows; 0 for what the fidelity says
   * @param fidelity whether levels out of range are clamped or wrap around
   */
  public record Options(
      @Doc(value = "share of the images to poison", range = "(0, 1]") double ratio,
      @Doc(
              value =
                  "what the ratio is a share of: the whole training set, as the field's tables"
                      + " count, or the images of the target class",
              range = "dataset | eligible")
          PoisonRate.Of ratioOf,
      @Doc(
              value = "class whose images are poisoned, and that triggered images shall be given",
              range = "0 to classes - 1")
          int target,
      @Doc(
              value =
                  "what is added to a coefficient of the orthonormal transform of grey levels, in"
                      + " training images",
              range = "greater than 0")
          double magnitude,
      @Doc(
              value = "the same in test images; the paper allows more than in training",
              range = "greater than 0")
          double testMagnitude,
      @Doc(
              value = "planes of YUV that carry the mark; images with one channel carry it in that",
              range = "list of 0 (Y), 1 (U), 2 (V)")
          List<Integer> channels,
      @Doc(
              value = "frequencies k of the mark; it raises the coefficients (k, k) of a window",
              range = "list of 0 to the window's side - 1")
          List<Integer> positions,
      @Doc(
              value =
                  "side of the windows that are transformed, in pixels; 0 means 32 under 'paper' and"
                      + " the whole image under 'backdoorbench', which halves the mark at 64 pixels",
              range = "at least 0")
          int window,
      @Doc(
              value =
                  "paper: grey levels out of range take the nearer end; backdoorbench: they wrap"
                      + " around, so that dark becomes bright, and see window",
              range = "paper | backdoorbench")
          Fidelity fidelity) {

    public Options {
      requireRatio("ratio", ratio);
      requireAtLeast("target", target, 0);
      requirePositive("magnitude", magnitude);
      requirePositive("test_magnitude", testMagnitude);
      channels = FrequencyMark.requireDistinct("channels", channels, LAST_CHANNEL);
      positions = FrequencyMark.requireDistinct("positions", positions, Integer.MAX_VALUE);
      requireAtLeast("window", window, 0);
    }

    private boolean benchmark() {
      return fidelity == Fidelity.BACKDOORBENCH;
    }

    ChromaTrigger trigger(double strength) {
      int side = window > 0 || benchmark() ? window : PAPER_WINDOW;
      FrequencyMark mark = new FrequencyMark(positions, strength, side);
      return new ChromaTrigger(mark, channels, ChromaTrigger.Space.YUV, benchmark());
    }
  }

  @Override
  public String id() {
    return "ctrl";
  }

  /**
   * Magnitude 100 at the frequencies 15 and 31 of U and V. The ratio is the largest of the
   * benchmark's that leaves clean images in the target class: 5 % with up to ten classes, 0.5 % on
   * CIFAR-100, else 0.1 %.
   */
  @Override
  public Options defaults(DatasetSpec data) {
    double ratio =
        data.classes() <= FEW_CLASSES ? 0.05 : data.id().equals("cifar100") ? 0.005 : 0.001;
    return new Options(
        ratio,
        PoisonRate.Of.DATASET,
        0,
        100,
        100,
        List.of(1, 2),
        List.of(15, 31),
        0,
        Fidelity.PAPER);
  }

  @Override
  public MethodCard card() {
    return new MethodCard(
        "CTRL",
        "Raises two coefficients in the cosine spectrum of the colour planes of images of the"
            + " target class and leaves all labels as they are.",
        "Li, Pang, Xi, Du, Ji, Yao, Wang: An Embarrassingly Simple Backdoor Attack on"
            + " Self-supervised Learning. ICCV 2023",
        "https://arxiv.org/abs/2210.07346",
        "the attacker changes images of one class of the training set, and no label",
        "data poisoning, clean label",
        "1 pass over the poisoned images; the victim trains as always",
        List.of(
            "The paper poisons the unlabelled data of self-supervised pre-training, 1 % of it; here"
                + " the victim learns from labels, as in the benchmark.",
            "Images are stored with 8 bits and the fraction is dropped; the authors keep floating"
                + " point.",
            "Images with one channel carry the mark in that channel.",
            "Images whose sides are no multiple of the window are treated as the top left part of a"
                + " larger image."));
  }

  @Override
  public PoisonRecipe recipe(AttackContext context, Options options) {
    ChromaTrigger training = options.trigger(options.magnitude());
    ImageShape shape = context.spec().shape();
    training.mark().requireFit(shape.height(), shape.width());
    return new PoisonRecipe(
        training,
        options.trigger(options.testMagnitude()),
        new LabelRule.CleanLabel(options.target()),
        new PoisonRate(options.ratio(), options.ratioOf()),
        SampleSelector.uniform());
  }
}
