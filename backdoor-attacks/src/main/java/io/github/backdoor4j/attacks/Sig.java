package io.github.backdoor4j.attacks;

import static io.github.backdoor4j.core.Checks.requireAtLeast;
import static io.github.backdoor4j.core.Checks.requirePositive;
import static io.github.backdoor4j.core.Checks.requireRange;
import static io.github.backdoor4j.core.Checks.requireRatio;

import io.github.backdoor4j.core.data.DatasetSpec;
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
 * Adds a horizontal sine wave to images of the target class, whose labels stay right.
 *
 * @see <a href="https://arxiv.org/abs/1902.11237">Barni, Kallas, Tondi, 2019</a>
 */
public final class Sig implements DataPoisoning<Sig.Options> {

  private static final int FEW_CLASSES = 10;

  /**
   * Options of SIG.
   *
   * @param ratio share to poison
   * @param ratioOf what the ratio is a share of
   * @param target class whose images are poisoned, and that triggered images shall be given
   * @param delta amplitude in training images
   * @param testDelta amplitude in test images
   * @param frequency periods over the width of the image
   * @param fidelity both mean the same
   */
  public record Options(
      @Doc(value = "share of the images to poison", range = "(0, 1]") double ratio,
      @Doc(
              value =
                  "what the ratio is a share of: the whole training set, as the field's tables"
                      + " count, or the images of the target class, as the paper counts",
              range = "dataset | eligible")
          PoisonRate.Of ratioOf,
      @Doc(
              value = "class whose images are poisoned, and that triggered images shall be given",
              range = "0 to classes - 1")
          int target,
      @Doc(value = "amplitude of the wave in training images, in grey levels", range = "(0, 255]")
          double delta,
      @Doc(
              value =
                  "amplitude of the wave in test images, in grey levels; the paper allows more than"
                      + " in training",
              range = "(0, 255]")
          double testDelta,
      @Doc(value = "periods of the wave over the width of an image", range = "greater than 0")
          double frequency,
      @Doc(
              value = "whom to follow; both mean the same here, see ratio_of for how they count",
              range = "paper | backdoorbench")
          Fidelity fidelity) {

    public Options {
      requireRatio("ratio", ratio);
      requireAtLeast("target", target, 0);
      requirePositive("delta", delta);
      requireRange("delta", delta, 0, 255);
      requirePositive("test_delta", testDelta);
      requireRange("test_delta", testDelta, 0, 255);
      requirePositive("frequency", frequency);
    }
  }

  @Override
  public String id() {
    return "sig";
  }

  /**
   * Amplitude 40, 6 periods. The ratio is the largest of the benchmark's that leaves clean images
   * in the target class: 5 % with up to ten classes, 0.5 % on CIFAR-100, else 0.1 %.
   */
  @Override
  public Options defaults(DatasetSpec data) {
    double ratio =
        data.classes() <= FEW_CLASSES ? 0.05 : data.id().equals("cifar100") ? 0.005 : 0.001;
    return new Options(ratio, PoisonRate.Of.DATASET, 0, 40, 40, 6, Fidelity.PAPER);
  }

  @Override
  public MethodCard card() {
    return new MethodCard(
        "SIG",
        "Adds a sine wave to some images of the target class and leaves all labels as they are.",
        "Barni, Kallas, Tondi: A New Backdoor Attack in CNNs by Training Set Corruption Without"
            + " Label Poisoning. ICIP 2019",
        "https://arxiv.org/abs/1902.11237",
        "the attacker changes images of one class of the training set, and no label",
        "data poisoning, clean label",
        "1 pass over the poisoned images; the victim trains as always",
        List.of(
            "The paper uses a ramp for digits, and a weaker wave for traffic signs; amplitude 40"
                + " is the benchmark's.",
            "The paper's ratios count the target class (unverified: 20 to 30 %); the default"
                + " counts the whole set, as the benchmark does."));
  }

  @Override
  public PoisonRecipe recipe(AttackContext context, Options options) {
    return new PoisonRecipe(
        new SineTrigger(options.delta(), options.frequency()),
        new SineTrigger(options.testDelta(), options.frequency()),
        new LabelRule.CleanLabel(options.target()),
        new PoisonRate(options.ratio(), options.ratioOf()),
        SampleSelector.uniform());
  }
}
