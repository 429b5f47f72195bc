package io.github.backdoor4j.defenses;

import static io.github.backdoor4j.core.Checks.requireAtLeast;
import static io.github.backdoor4j.core.Checks.requireNonNegative;
import static io.github.backdoor4j.core.Checks.requirePositive;

import io.github.backdoor4j.core.data.Augmentation;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.Passes;
import io.github.backdoor4j.core.nn.Trainable;
import io.github.backdoor4j.core.record.Doc;
import io.github.backdoor4j.core.spi.DefenderAccess;
import io.github.backdoor4j.core.spi.DefenseContext;
import io.github.backdoor4j.core.spi.DefenseOutcome.RepairedModel;
import io.github.backdoor4j.core.spi.DefenseStrategy;
import io.github.backdoor4j.core.spi.Fidelity;
import io.github.backdoor4j.core.spi.MethodCard;
import io.github.backdoor4j.core.spi.Workload;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.train.TrainingHistory;
import io.github.backdoor4j.core.train.TrainingPlan;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Unlearns adversarial examples that fool the model and its backdoored original in the same way:
 * those are the ones that resemble triggered images. Each batch searches them anew and then takes
 * the label that the original gives them away from the model. Assumes a small clean labelled set.
 *
 * @see <a href="https://arxiv.org/abs/2307.10562">Wei et al., Shared Adversarial Unlearning,
 *     NeurIPS 2023</a>
 */
public final class SharedAdversarialUnlearning
    implements DefenseStrategy<SharedAdversarialUnlearning.Options> {

  private static final String TINY_IMAGENET = "tiny-imagenet";
  private static final int ROUNDS = 100;
  private static final int TINY_ROUNDS = 20;
  private static final int BATCH = 256;

  /**
   * What the unlearning can be told.
   *
   * @param unlearning rounds as epochs, batches, optimiser
   * @param bound largest change of a pixel
   * @param step of each pixel in each step of the search
   * @param steps of the search
   * @param adversarialWeight of the search's fooling term, β₁
   * @param agreementWeight of the search's term that makes both models agree, β₂
   * @param cleanWeight λ₁ of cross entropy on clean images
   * @param robustWeight λ₂ of cross entropy on adversarial examples
   * @param sharedWeight λ₃ of unlearning shared examples
   * @param trainMode whether batch normalisation is in training mode in the unlearning pass
   * @param fidelity paper and benchmark mean the same here
   */
  public record Options(
      @Doc(
              "rounds (epochs), batch size and optimiser on the clean holdout, not augmented by"
                  + " default; 32-bit arithmetic only")
          TrainingPlan unlearning,
      @Doc(value = "largest change of a pixel, in units of [0, 1]", range = "above 0") double bound,
      @Doc(
              value =
                  "change of each pixel in one step of the search; with the bound itself pixels jump"
                      + " between -bound, 0 and bound",
              range = "above 0")
          double step,
      @Doc(value = "steps of the search for adversarial examples", range = "at least 1") int steps,
      @Doc(
              value = "weight of the search's term that fools both models (beta 1)",
              range = "at least 0")
          double adversarialWeight,
      @Doc(
              value = "weight of the search's term that makes both models agree (beta 2)",
              range = "at least 0")
          double agreementWeight,
      @Doc(value = "weight of cross entropy on clean images (lambda 1)", range = "at least 0")
          double cleanWeight,
      @Doc(
              value = "weight of cross entropy on adversarial examples (lambda 2)",
              range = "at least 0")
          double robustWeight,
      @Doc(value = "weight of unlearning shared examples (lambda 3)", range = "at least 0")
          double sharedWeight,
      @Doc(
              "whether batch normalisation uses and moves batch statistics in the unlearning pass;"
                  + " without, clean accuracy stays higher and so may attack success")
          boolean trainMode,
      @Doc(value = "paper and benchmark mean the same here", range = "paper | backdoorbench")
          Fidelity fidelity) {

    public Options {
      AdversarialTuning.requireFullPrecision("unlearning", unlearning);
      requirePositive("bound", bound);
      requirePositive("step", step);
      requireAtLeast("steps", steps, 1);
      requireNonNegative("adversarial_weight", adversarialWeight);
      requireNonNegative("agreement_weight", agreementWeight);
      requireNonNegative("clean_weight", cleanWeight);
      requireNonNegative("robust_weight", robustWeight);
      requireNonNegative("shared_weight", sharedWeight);
    }

    /** The search for adversarial examples. */
    ProjectedDescent search() {
      return new ProjectedDescent(
          new PerturbationBall(PerturbationBall.Norm.LINF, bound),
          PerturbationBall.Start.UPPER,
          steps,
          step,
          true);
    }

    /** Whether a batch always shows the same images under the same rows. */
    boolean sameImages() {
      return unlearning.augmentation().equals(Augmentation.NONE);
    }
  }

  @Override
  public String id() {
    return "sau";
  }

  @Override
  public Options defaults(DatasetSpec data) {
    int rounds = data.id().equals(TINY_IMAGENET) ? TINY_ROUNDS : ROUNDS;
    return new Options(
        AdversarialTuning.adam(rounds, BATCH, Augmentation.NONE),
        0.2,
        0.2,
        5,
        0.01,
        1,
        1,
        0,
        1,
        false,
        Fidelity.PAPER);
  }

  @Override
  public MethodCard card() {
    return new MethodCard(
        "Shared Adversarial Unlearning (SAU)",
        "Searches adversarial examples that fool the model and its backdoored original alike, and"
            + " unlearns the label that the original gives them.",
        "Wei, Zhang, Zha, Wu: Shared Adversarial Unlearning: Backdoor Mitigation by Unlearning"
            + " Shared Adversarial Examples, NeurIPS 2023",
        "https://arxiv.org/abs/2307.10562",
        "defender has the model with its gradients and a small clean labelled set",
        "post-training repair",
        "per round 14 forward passes and 12 with gradient over the holdout (190 forward passes over"
            + " the training set by default)",
        List.of(
            "predictions of the original on clean images are computed once and kept",
            "batch normalisation stays in evaluation mode by default, as in the benchmark; which"
                + " mode the paper's tables used is not known",
            "perturbed images may leave [0, 1], as in the authors' code"));
  }

  @Override
  public Set<DefenderAccess> needs() {
    return Set.of(
        DefenderAccess.SUSPECT_MODEL, DefenderAccess.INPUT_GRADIENTS, DefenderAccess.CLEAN_HOLDOUT);
  }

  @Override
  public Optional<Passes> expectedPasses(Options options, Workload load) {
    double images = Tuning.passes(options.unlearning(), load.holdoutImages()).images();
    double labelled = options.sameImages() ? load.holdoutImages() : images;
    // the model's labels before the search and the original's after; both models in each step;
    // the model on clean images and on the result
    return Optional.of(
        Passes.forward(labelled + 2 * images)
            .plus(Passes.training(2 * images * (options.steps() + 1))));
  }

  @Override
  public RepairedModel defend(DefenseContext context, Options options) {
    Network network = context.suspect();
    ImageDataset holdout = context.labelledHoldout();
    try (TensorScope scope = TensorScope.open()) {
      Network original = context.suspect();
      original.requireGradients(false);
      long[] known =
          options.sameImages() ? context.inference().predict(original, holdout) : new long[0];
      Trainable trained = options.trainMode() ? network : new FrozenStatistics(network);
      SharedUnlearningStep step =
          new SharedUnlearningStep(network, original, holdout, known, options);
      TrainingHistory history =
          context
              .trainer("unlearning")
              .fit(
                  trained, holdout, options.unlearning(), step, context.seed().child("unlearning"));
      return new RepairedModel(network, step.evidence(history));
    }
  }
}
