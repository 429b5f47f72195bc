package io.github.backdoor4j.attacks;

import static io.github.backdoor4j.core.Checks.requireAtLeast;
import static io.github.backdoor4j.core.Checks.requirePositive;
import static io.github.backdoor4j.core.Checks.requireRatio;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.data.LabelMode;
import io.github.backdoor4j.core.data.PoisonRate;
import io.github.backdoor4j.core.data.PoisonRecipe;
import io.github.backdoor4j.core.record.Doc;
import io.github.backdoor4j.core.spi.AttackContext;
import io.github.backdoor4j.core.spi.DataPoisoning;
import io.github.backdoor4j.core.spi.Fidelity;
import io.github.backdoor4j.core.spi.MethodCard;
import java.util.List;

/**
 * Raises a middle and a high frequency in the colour planes of some training images and relabels
 * them.
 *
 * @see <a href="https://arxiv.org/abs/2111.10991">Wang et al., FTrojan, 2022</a>
 */
public final class FTrojan implements DataPoisoning<FTrojan.Options> {

  private static final int LAST_CHANNEL = 2;

  /**
   * Options of FTrojan.
   *
   * @param ratio share of the training set to poison
   * @param target class that triggered images shall be given
   * @param labels all-to-one, or all-to-all, which ignores {@code target}
   * @param sources classes whose images are poisoned; empty for all
   * @param magnitude of the mark
   * @param channels planes of YCrCb that carry the mark
   * @param positions frequencies of the mark
   * @param window side of the windows
   * @param fidelity whether levels out of range are clamped or wrap around
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
                  "what is added to a coefficient of the orthonormal transform of grey levels; the"
                      + " authors take 20 for CIFAR-10 and 30 else",
              range = "greater than 0")
          double magnitude,
      @Doc(
              value =
                  "planes of YCrCb that carry the mark; images with one channel carry it in that",
              range = "list of 0 (Y), 1 (Cr), 2 (Cb)")
          List<Integer> channels,
      @Doc(
              value = "frequencies k of the mark; it raises the coefficients (k, k) of a window",
              range = "list of 0 to the window's side - 1")
          List<Integer> positions,
      @Doc(value = "side of the windows that are transformed, in pixels", range = "at least 1")
          int window,
      @Doc(
              value =
                  "paper: colour values out of range take the nearer end; backdoorbench: they wrap"
                      + " around",
              range = "paper | backdoorbench")
          Fidelity fidelity) {

    public Options {
      requireRatio("ratio", ratio);
      requireAtLeast("target", target, 0);
      sources = List.copyOf(sources);
      requirePositive("magnitude", magnitude);
      requireAtLeast("window", window, 1);
      channels = FrequencyMark.requireDistinct("channels", channels, LAST_CHANNEL);
      positions = FrequencyMark.requireDistinct("positions", positions, window - 1);
    }

    ChromaTrigger trigger() {
      return new ChromaTrigger(
          new FrequencyMark(positions, magnitude, window),
          channels,
          ChromaTrigger.Space.YCRCB,
          fidelity == Fidelity.BACKDOORBENCH);
    }
  }

  @Override
  public String id() {
    return "ftrojan";
  }

  @Override
  public Options defaults(DatasetSpec data) {
    return new Options(
        0.1,
        0,
        LabelMode.ALL_TO_ONE,
        List.of(),
        30,
        List.of(1, 2),
        List.of(15, 31),
        32,
        Fidelity.PAPER);
  }

  @Override
  public MethodCard card() {
    return new MethodCard(
        "FTrojan",
        "Raises a middle and a high frequency in the colour planes of some training images and"
            + " gives them the target label.",
        "Wang, Yao, Xu, An, Tong, Wang: An Invisible Black-Box Backdoor Attack Through Frequency"
            + " Domain. ECCV 2022",
        "https://arxiv.org/abs/2111.10991",
        "the attacker changes images and labels of part of the training set",
        "data poisoning",
        "1 pass over the poisoned images; the victim trains as always",
        List.of(
            "The authors' program poisons the first images that are not of the target class, 2 % of"
                + " all; here images are drawn from all classes, as in the benchmark.",
            "Their variant with right labels and a gradient step is left out, as in the benchmark.",
            "Images with one channel carry the mark in that channel.",
            "Images whose sides are no multiple of the window are treated as the top left part of a"
                + " larger image."));
  }

  @Override
  public PoisonRecipe recipe(AttackContext context, Options options) {
    ChromaTrigger trigger = options.trigger();
    ImageShape shape = context.spec().shape();
    trigger.mark().requireFit(shape.height(), shape.width());
    return new PoisonRecipe(
        trigger,
        options.labels().rule(options.target(), options.sources()),
        PoisonRate.ofDataset(options.ratio()));
  }
}
