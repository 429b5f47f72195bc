package io.github.backdoor4j.attacks;

import static io.github.backdoor4j.core.Checks.requireAtLeast;
import static io.github.backdoor4j.core.Checks.requireRatio;

import io.github.backdoor4j.core.data.DatasetSpec;
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
 * Stamps a small patch into the bottom right corner of some training images and relabels them.
 *
 * @see <a href="https://arxiv.org/abs/1708.06733">Gu et al., BadNets, 2017</a>
 */
public final class BadNets implements DataPoisoning<BadNets.Options> {

  /** How the patch looks. */
  public enum Pattern {
    /** All white. */
    WHITE,
    /** A chessboard of white and almost black pixels, white in the corners. */
    GRID
  }

  /**
   * Options of BadNets.
   *
   * @param ratio share of the training set to poison
   * @param target class that triggered images shall be given
   * @param labels all-to-one, or all-to-all, which ignores {@code target}
   * @param sources classes whose images are poisoned; empty for all
   * @param patchSize side of the square patch in pixels
   * @param pattern of the patch
   * @param image file of a trigger picture to use instead of the patch; empty for the patch
   * @param fidelity whom to follow where image size and trigger size differ
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
              value = "side of the square patch in the bottom right corner, in pixels",
              range = "1 to the smaller side of the image")
          int patchSize,
      @Doc(value = "how the patch looks", range = "white | grid") Pattern pattern,
      @Doc(
              value =
                  "file of a trigger picture to use instead of the patch; black pixels are"
                      + " transparent",
              range = "PNG, JPEG, GIF or BMP; empty for the patch")
          String image,
      @Doc(
              value =
                  "paper: the trigger is stamped crisply at its own size; backdoorbench: it is drawn"
                      + " at 32 pixels and resized to the image, which blurs it at 64",
              range = "paper | backdoorbench")
          Fidelity fidelity) {

    public Options {
      requireRatio("ratio", ratio);
      requireAtLeast("target", target, 0);
      sources = List.copyOf(sources);
      requireAtLeast("patch_size", patchSize, 1);
    }
  }

  @Override
  public String id() {
    return "badnets";
  }

  @Override
  public Options defaults(DatasetSpec data) {
    return new Options(
        0.1, 0, LabelMode.ALL_TO_ONE, List.of(), 3, Pattern.WHITE, "", Fidelity.PAPER);
  }

  @Override
  public MethodCard card() {
    return new MethodCard(
        "BadNets",
        "Stamps a small patch into a corner of some training images and gives them the target"
            + " label.",
        "Gu, Liu, Dolan-Gavitt, Garg: BadNets: Evaluating Backdooring Attacks on Deep Neural"
            + " Networks. IEEE Access 2019 (arXiv 2017)",
        "https://arxiv.org/abs/1708.06733",
        "the attacker changes images and labels of part of the training set",
        "data poisoning",
        "1 pass over the poisoned images; the victim trains as always",
        List.of(
            "The paper uses patterns of its own for digits and traffic signs; the white 3x3 patch"
                + " is the benchmark's.",
            "The paper stamps images that are not augmented afterwards; here crops and flips move"
                + " or cut the patch, as in the benchmark.",
            "Images of the target class are poisoned too, as in the benchmark."));
  }

  @Override
  public PoisonRecipe recipe(AttackContext context, Options options) {
    PatchTrigger trigger = PatchTrigger.of(options);
    trigger.requireFit(context.spec().shape().height(), context.spec().shape().width());
    return new PoisonRecipe(
        trigger,
        options.labels().rule(options.target(), options.sources()),
        PoisonRate.ofDataset(options.ratio()));
  }
}
