package io.github.backdoor4j.attacks;

import static io.github.backdoor4j.core.Checks.requireAtLeast;
import static io.github.backdoor4j.core.Checks.requirePositive;
import static io.github.backdoor4j.core.Checks.requireRange;
import static io.github.backdoor4j.core.Checks.requireRatio;

import io.github.backdoor4j.core.NotApplicableException;
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
import io.github.backdoor4j.core.tensor.TensorScope;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Adds a smooth pattern, learnt against a clean model, to some training images and relabels them.
 * Known as LF.
 *
 * @see <a href="https://arxiv.org/abs/2104.03413">Zeng et al., Rethinking the Backdoor Attacks'
 *     Triggers: A Frequency Perspective, 2021</a>
 */
public final class LowFrequency implements DataPoisoning<LowFrequency.Options> {

  /**
   * Options of the low-frequency attack.
   *
   * @param ratio share of the training set to poison
   * @param target class that triggered images shall be given
   * @param labels all-to-one, or all-to-all
   * @param sources classes whose images are poisoned; empty for all
   * @param scale largest value of the pattern
   * @param image file of a pattern to use instead of learning one; empty to learn
   * @param images number of training images to learn from
   * @param passes over these images, at most
   * @param foolingRate share of held-out images at which learning ends
   * @param fidelity which pattern is kept, and how finely
   */
  public record Options(
      @Doc(value = "share of the training set to poison", range = "(0, 1]") double ratio,
      @Doc(
              value =
                  "class that triggered images shall be given, and towards which the pattern is"
                      + " learnt",
              range = "0 to classes - 1")
          int target,
      @Doc(
              value =
                  "what happens to labels; all-to-all makes class y to y + 1 and takes target for"
                      + " the pattern only",
              range = "all-to-one | all-to-all")
          LabelMode labels,
      @Doc(
              value = "classes whose images are poisoned, all-to-one only; empty for all classes",
              range = "class numbers")
          List<Integer> sources,
      @Doc(
              value =
                  "largest value of a learnt pattern, in grey levels, its smallest being 0; the"
                      + " benchmark's files for vgg19-bn, vit-b-16 and convnext-tiny amount to 0.2,"
                      + " which is no trigger at all",
              range = "(0, 255]")
          double scale,
      @Doc(
              value =
                  "file of a pattern to use instead of learning one; its grey levels are added as"
                      + " they are",
              range = "PNG, JPEG, GIF or BMP; empty to learn")
          String image,
      @Doc(value = "number of training images to learn from", range = "at least 1") int images,
      @Doc(value = "passes over these images, at most", range = "at least 1") int passes,
      @Doc(
              value =
                  "share of held-out images whose prediction the pattern must change for learning"
                      + " to end; the paper's 1 - delta",
              range = "[0, 1]")
          double foolingRate,
      @Doc(
              value =
                  "paper: the best pattern of all passes, with fractions of grey levels;"
                      + " backdoorbench: the last one, in whole grey levels as in its files",
              range = "paper | backdoorbench")
          Fidelity fidelity) {

    public Options {
      requireRatio("ratio", ratio);
      requireAtLeast("target", target, 0);
      sources = List.copyOf(sources);
      requirePositive("scale", scale);
      requireRange("scale", scale, 0, 255);
      requireAtLeast("images", images, 1);
      requireAtLeast("passes", passes, 1);
      requireRange("fooling_rate", foolingRate, 0, 1);
    }

    private boolean benchmark() {
      return fidelity == Fidelity.BACKDOORBENCH;
    }

    SmoothPatternSearch.Settings search() {
      return new SmoothPatternSearch.Settings(target, passes, foolingRate, scale, !benchmark());
    }
  }

  @Override
  public String id() {
    return "low-frequency";
  }

  @Override
  public List<String> aliases() {
    return List.of("lf");
  }

  @Override
  public Options defaults(DatasetSpec data) {
    return new Options(
        0.1, 0, LabelMode.ALL_TO_ONE, List.of(), 51, "", 100, 50, 0.2, Fidelity.PAPER);
  }

  @Override
  public MethodCard card() {
    return new MethodCard(
        "LF",
        "Learns one smooth pattern that drives a clean model to the target, adds it to some training"
            + " images and gives them the target label.",
        "Zeng, Park, Mao, Jia: Rethinking the Backdoor Attacks' Triggers: A Frequency Perspective."
            + " ICCV 2021",
        "https://arxiv.org/abs/2104.03413",
        "the attacker changes images and labels of part of the training set, and has clean data to"
            + " train a model of the victim's kind",
        "data poisoning",
        "the training of a clean model, which attacks share; at most 200 gradient steps on one image"
            + " for each of 100 images and 50 passes, of which usually one is enough",
        List.of(
            "The target is given; the paper moves it to the class that most images fall into.",
            "The authors measure the fooling rate on test images; here on ten training images per"
                + " class that the pattern was not learnt from, since test data is out of an"
                + " attacker's reach.",
            "The model is shown clipped and normalised images throughout; the benchmark's program"
                + " mixes normalised and plain ones, so its patterns are files of unknown making,"
                + " which do not come with this project.",
            "Filter and range are the benchmark's and the same for all image sizes (unverified"
                + " against the paper's text)."));
  }

  @Override
  public PoisonRecipe recipe(AttackContext context, Options options) {
    LabelRule rule = options.labels().rule(options.target(), options.sources());
    PoisonRate rate = PoisonRate.ofDataset(options.ratio());
    context.checkPoisonable(rule, rate);
    return new PoisonRecipe(
        options.image().isEmpty() ? learned(context, options) : read(context, options), rule, rate);
  }

  /** There is one before training only if it comes from a file. */
  @Override
  public Optional<Trigger> trigger(AttackContext context, Options options) {
    return options.image().isEmpty() ? Optional.empty() : Optional.of(read(context, options));
  }

  @Override
  public Trigger restore(DatasetSpec data, Options options, Map<String, Tensor> state) {
    return new SmoothTrigger(LearnedState.get(state, SmoothTrigger.PATTERN));
  }

  private static SmoothTrigger read(AttackContext context, Options options) {
    ImageShape shape = context.spec().shape();
    return new SmoothTrigger(
        TensorScope.scoped(
            () ->
                PictureFile.read(options.image())
                    .resized(shape.height(), shape.width())
                    .tensor(shape.channels())
                    .to(ScalarType.Float)));
  }

  private static SmoothTrigger learned(AttackContext context, Options options) {
    Tensor pattern = LowFrequencyPattern.of(context, options);
    if (pattern.max().item_float() == 0) {
      throw new NotApplicableException(
          "no image could be driven to class %d of the clean model, so there is no pattern: train it"
              + " longer, or give more images or another target",
          options.target());
    }
    return new SmoothTrigger(options.benchmark() ? TensorScope.scoped(pattern::trunc) : pattern);
  }
}
