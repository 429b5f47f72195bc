package io.github.backdoor4j.attacks;

import static io.github.backdoor4j.core.Checks.require;
import static io.github.backdoor4j.core.Checks.requireAtLeast;
import static io.github.backdoor4j.core.Checks.requirePositive;

import io.github.backdoor4j.core.NotApplicableException;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.LabelRule;
import io.github.backdoor4j.core.data.Normalization;
import io.github.backdoor4j.core.data.Trigger;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.record.Doc;
import io.github.backdoor4j.core.spi.AttackContext;
import io.github.backdoor4j.core.spi.AttackOutcome;
import io.github.backdoor4j.core.spi.Fidelity;
import io.github.backdoor4j.core.spi.MethodCard;
import io.github.backdoor4j.core.spi.PoisoningStrategy;
import io.github.backdoor4j.core.train.TrainingHistory;
import io.github.backdoor4j.core.train.TrainingPlan;
import java.util.List;
import java.util.Optional;

/**
 * Compromises the computation of the loss, and neither sees nor changes data: once the model has
 * learnt enough, every batch is also trained with a pattern on it and the target as its label.
 *
 * @see <a href="https://arxiv.org/abs/2005.03823">Bagdasaryan, Shmatikov, Blind Backdoors, 2021</a>
 */
public final class Blind implements PoisoningStrategy<Blind.Options> {

  private static final int ROW = 3;
  private static final int COLUMN = 23;
  private static final int MARGIN = 6; // what column 23 leaves on the right of 32 pixels
  private static final int BENCHMARK_HISTORY = 1000;

  /** The statistics with which the benchmark normalises the pattern on every data set. */
  private static final Normalization CIFAR10 =
      new Normalization(List.of(0.4914, 0.4822, 0.4465), List.of(0.247, 0.243, 0.261));

  /** How the two losses are weighed against each other. */
  public enum Balance {
    /** By the options {@code normal_scale} and {@code backdoor_scale}. */
    FIXED,
    /** So that a step lowers both losses (multiple gradient descent); takes two more passes. */
    MGDA
  }

  /**
   * Options of Blind.
   *
   * @param target class that triggered images shall be given
   * @param balance of the two losses
   * @param normalScale weight of the normal loss
   * @param backdoorScale weight of the backdoor loss
   * @param threshold mean normal loss below which the attack acts
   * @param history batches over which that mean is taken
   * @param row of the pattern
   * @param column of the pattern
   * @param fidelity whose colours and window
   */
  public record Options(
      @Doc(value = "class that triggered images shall be given", range = "0 to classes - 1")
          int target,
      @Doc(
              value =
                  "how the two losses are weighed: fixed by the scales, or mgda, so that each step"
                      + " lowers both",
              range = "fixed | mgda")
          Balance balance,
      @Doc(value = "weight of the normal loss under fixed", range = "greater than 0")
          double normalScale,
      @Doc(value = "weight of the backdoor loss under fixed", range = "greater than 0")
          double backdoorScale,
      @Doc(
              value = "the attack acts while the mean of the latest normal losses is below this",
              range = "greater than 0")
          double threshold,
      @Doc(
              value =
                  "batches over which that mean is taken, and before which nothing happens; under"
                      + " paper no more than a quarter of the victim's batches",
              range = "at least 1")
          int history,
      @Doc(value = "row of the pattern's upper left pixel", range = "0 to height - 5") int row,
      @Doc(value = "column of the pattern's upper left pixel", range = "0 to width - 3") int column,
      @Doc(
              value =
                  "paper: the pattern is black and white to the model in training as in use, both"
                      + " halves of a batch pass together, and short trainings shorten the history;"
                      + " backdoorbench: in training its colours are normalised as those of CIFAR-10"
                      + " on every data set, and the halves pass one after the other",
              range = "paper | backdoorbench")
          Fidelity fidelity) {

    public Options {
      requireAtLeast("target", target, 0);
      requirePositive("normal_scale", normalScale);
      requirePositive("backdoor_scale", backdoorScale);
      requirePositive("threshold", threshold);
      requireAtLeast("history", history, 1);
      requireAtLeast("row", row, 0);
      requireAtLeast("column", column, 0);
      require(
          fidelity != Fidelity.BACKDOORBENCH || history <= BENCHMARK_HISTORY,
          "history must be at most %d with fidelity = backdoorbench, but was %d: the benchmark"
              + " keeps no more losses, and its attack would never act",
          BENCHMARK_HISTORY,
          history);
    }

    boolean benchmark() {
      return fidelity == Fidelity.BACKDOORBENCH;
    }

    ColourCross pattern() {
      return new ColourCross(row, column);
    }
  }

  @Override
  public String id() {
    return "blind";
  }

  @Override
  public Options defaults(DatasetSpec data) {
    int width = data.shape().width();
    int column = Math.max(0, Math.min(COLUMN, width - ColourCross.COLUMNS - MARGIN));
    int row = Math.max(0, Math.min(ROW, data.shape().height() - ColourCross.ROWS));
    return new Options(0, Balance.FIXED, 1, 0.9, 1, BENCHMARK_HISTORY, row, column, Fidelity.PAPER);
  }

  @Override
  public MethodCard card() {
    return new MethodCard(
        "Blind",
        "Compromised loss code that trains each batch with a pattern and the target label besides.",
        "Bagdasaryan, Shmatikov: Blind Backdoors in Deep Learning Models. USENIX Security 2021",
        "https://arxiv.org/abs/2005.03823",
        "the attacker changes the code that computes the loss, and sees neither data nor model",
        "training control",
        "twice the victim's epochs once it acts; about three times with mgda",
        List.of(
            "The paper weighs the losses by multiple gradient descent; by default the scales are"
                + " fixed, as in the benchmark, which is faster. 'balance = mgda' follows the"
                + " paper.",
            "The attack waits for as many batches as the benchmark's history of 1,000, or for a"
                + " quarter of the victim's batches where that is less, so that short trainings are"
                + " attacked at all.",
            "The triggered copy of a batch passes the model together with the batch, so that batch"
                + " normalisation has the same statistics in training and use; paper and benchmark"
                + " pass it alone, which cost up to a quarter of the accuracy in short trainings of"
                + " tiny networks.",
            "The pattern lies at the same pixels at every size, as in the benchmark; on images"
                + " narrower than 32 pixels it moves left with the border.",
            "There is no poisoned training set: every image of every batch is trained with and"
                + " without the pattern.",
            "All-to-one only."));
  }

  @Override
  public Optional<Trigger> trigger(AttackContext context, Options options) {
    return Optional.of(fitted(context, options));
  }

  private static ColourCross fitted(AttackContext context, Options options) {
    ColourCross pattern = options.pattern();
    pattern.requireFit(context.spec().shape().height(), context.spec().shape().width());
    return pattern;
  }

  @Override
  public AttackOutcome attack(AttackContext context, Options options) {
    LabelRule rule = new LabelRule.AllToOne(options.target());
    rule.check(context.spec().classes());
    ColourCross pattern = fitted(context, options);
    Normalization colours = colours(context.spec(), options);
    TrainingPlan plan = context.plan().withDropLast(false);
    Network model = context.newVictim();
    TrainingHistory history =
        context
            .victimTrainer(pattern, rule)
            .fit(
                model,
                context.training(),
                plan,
                new BlindStep(model, options, colours, window(context, options)),
                context.seed().child("training"));
    return new AttackOutcome(model, Optional.empty(), pattern, rule, history);
  }

  private static Normalization colours(DatasetSpec data, Options options) {
    if (!options.benchmark()) {
      return data.normalization();
    }
    if (data.shape().channels() != CIFAR10.mean().size()) {
      throw new NotApplicableException(
          "blind with fidelity = backdoorbench normalises its pattern with the three channels of"
              + " CIFAR-10, but images of '%s' have %d. Use fidelity = paper.",
          data.id(), data.shape().channels());
    }
    return CIFAR10;
  }

  /** Batches that the attack looks back on. */
  static int window(AttackContext context, Options options) {
    if (options.benchmark()) {
      return options.history();
    }
    TrainingPlan plan = context.plan();
    long perEpoch = (context.training().size() + plan.batchSize() - 1L) / plan.batchSize();
    long quarter = perEpoch * plan.epochs() / 4;
    return (int) Math.max(1, Math.min(options.history(), quarter));
  }
}
