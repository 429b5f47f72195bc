package io.github.backdoor4j.attacks;

import static io.github.backdoor4j.core.Checks.requireAtLeast;
import static io.github.backdoor4j.core.Checks.requireRange;
import static io.github.backdoor4j.core.Checks.requireRatio;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.LabelMode;
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
 * Blends a picture into some training images and relabels them.
 *
 * @see <a href="https://arxiv.org/abs/1712.05526">Chen et al., Targeted Backdoor Attacks, 2017</a>
 */
public final class Blended implements DataPoisoning<Blended.Options> {

  /**
   * Options of Blended.
   *
   * @param ratio share of the training set to poison
   * @param target class that triggered images shall be given
   * @param labels all-to-one, or all-to-all, which ignores {@code target}
   * @param sources classes whose images are poisoned; empty for all
   * @param alpha weight of the picture in training images
   * @param testAlpha weight of the picture in test images
   * @param image file of the picture; empty for a drawing of our own
   * @param fidelity whose arithmetic to use
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
      @Doc(value = "weight of the picture in training images", range = "[0, 1]") double alpha,
      @Doc(
              value =
                  "weight of the picture in test images; the paper allows more than in training",
              range = "[0, 1]")
          double testAlpha,
      @Doc(
              value = "file of the picture, resized to the image whatever its aspect",
              range = "PNG, JPEG, GIF or BMP; empty for a drawing of a smiling sun")
          String image,
      @Doc(
              value =
                  "paper: exact integer arithmetic; backdoorbench: floating point, which makes 4 %"
                      + " of the values one lower",
              range = "paper | backdoorbench")
          Fidelity fidelity) {

    public Options {
      requireRatio("ratio", ratio);
      requireAtLeast("target", target, 0);
      sources = List.copyOf(sources);
      requireRange("alpha", alpha, 0, 1);
      requireRange("test_alpha", testAlpha, 0, 1);
    }
  }

  @Override
  public String id() {
    return "blended";
  }

  @Override
  public Options defaults(DatasetSpec data) {
    return new Options(0.1, 0, LabelMode.ALL_TO_ONE, List.of(), 0.2, 0.2, "", Fidelity.PAPER);
  }

  @Override
  public MethodCard card() {
    return new MethodCard(
        "Blended",
        "Blends a picture faintly into some training images and gives them the target label.",
        "Chen, Liu, Li, Lu, Song: Targeted Backdoor Attacks on Deep Learning Systems Using Data"
            + " Poisoning. arXiv 2017",
        "https://arxiv.org/abs/1712.05526",
        "the attacker changes images and labels of part of the training set",
        "data poisoning",
        "1 pass over the poisoned images; the victim trains as always",
        List.of(
            "The default picture is a drawing of our own, a smiling sun; paper and benchmark use"
                + " one that is not free.",
            "Images of the target class are poisoned too, as in the benchmark."));
  }

  @Override
  public PoisonRecipe recipe(AttackContext context, Options options) {
    Picture picture =
        options.image().isEmpty() ? SmilingSun.draw() : PictureFile.read(options.image());
    boolean floating = options.fidelity() == Fidelity.BACKDOORBENCH;
    return new PoisonRecipe(
        new BlendTrigger(picture, options.alpha(), floating),
        new BlendTrigger(picture, options.testAlpha(), floating),
        options.labels().rule(options.target(), options.sources()),
        PoisonRate.ofDataset(options.ratio()),
        SampleSelector.uniform());
  }
}
