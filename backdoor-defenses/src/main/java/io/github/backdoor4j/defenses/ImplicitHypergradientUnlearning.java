package io.github.backdoor4j.defenses;

import static io.github.backdoor4j.core.Checks.requireAtLeast;
import static io.github.backdoor4j.core.Checks.requireNonNegative;
import static io.github.backdoor4j.core.Checks.requirePositive;
import static io.github.backdoor4j.core.Checks.requireRange;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.Passes;
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
 * Unlearns one perturbation for all images that fools the model, round by round: first searches it,
 * then trains the weights against it, knowing how it would move with them (the implicit
 * hypergradient). Assumes a small clean labelled set. Batch normalisation stays in evaluation mode.
 *
 * @see <a href="https://arxiv.org/abs/2110.03735">Zeng et al., Adversarial Unlearning of Backdoors
 *     via Implicit Hypergradient, ICLR 2022</a>
 */
public final class ImplicitHypergradientUnlearning
    implements DefenseStrategy<ImplicitHypergradientUnlearning.Options> {

  private static final int ROUNDS = 5;
  private static final int BATCH = 256;

  /**
   * What the unlearning can be told.
   *
   * @param unlearning rounds as epochs, batches, outer optimiser
   * @param searchRate learning rate of the search for the perturbation
   * @param penalty weight of the perturbation's squared L2 norm in the inner loss
   * @param radius L2 ball to which the perturbation is projected
   * @param pixelSpace whether the perturbation is measured in pixels
   * @param perturbedShare share of each batch that carries the perturbation in the outer loss
   * @param solver of the implicit equation
   * @param curvature how second derivatives are had
   * @param iterations of the solver
   * @param solverRate length of the inner step that is differentiated
   * @param fidelity paper and benchmark mean the same here
   */
  public record Options(
      @Doc(
              "rounds (epochs), batch size and outer optimiser; batches are drawn and augmented once"
                  + " and used again in each round; 32-bit arithmetic only")
          TrainingPlan unlearning,
      @Doc(
              value = "learning rate of the search for the perturbation: plain gradient descent",
              range = "above 0")
          double searchRate,
      @Doc(
              value = "weight of the perturbation's squared L2 norm in the inner loss",
              range = "at least 0")
          double penalty,
      @Doc(
              value =
                  "L2 radius to which the perturbation is projected after each step of the search;"
                      + " 0 for no bound: the authors' code has one of 10, commented out",
              range = "at least 0")
          double radius,
      @Doc(
              "whether the perturbation is measured in pixels of [0, 1] instead of normalised units,"
                  + " which mean something else in each data set")
          boolean pixelSpace,
      @Doc(
              value =
                  "share of each batch that carries the perturbation in the outer loss, rounded"
                      + " down: with 0 images this is plain fine-tuning; 1 is the paper's formula",
              range = "[0, 1]")
          double perturbedShare,
      @Doc(
              value = "how the implicit equation is solved",
              range = "fixed-point | conjugate-gradient")
          Hypergradient.Solver solver,
      @Doc(
              value = "second derivatives: by second-order differentiation or by differences",
              range = "autograd | finite-differences")
          Hypergradient.Curvature curvature,
      @Doc(
              value = "iterations of the solver; 0 takes the perturbation as a constant",
              range = "at least 0")
          int iterations,
      @Doc(
              value = "length of the inner step whose fixed point the equation is of",
              range = "above 0")
          double solverRate,
      @Doc(
              value =
                  "the same for both: they differ in options only (the authors' own code: learning"
                      + " rate 1e-3 without AMSGrad, batches of 100)",
              range = "paper | backdoorbench")
          Fidelity fidelity) {

    public Options {
      AdversarialTuning.requireFullPrecision("unlearning", unlearning);
      requirePositive("search_rate", searchRate);
      requireNonNegative("penalty", penalty);
      requireNonNegative("radius", radius);
      requireRange("perturbed_share", perturbedShare, 0, 1);
      requireAtLeast("iterations", iterations, 0);
      requirePositive("solver_rate", solverRate);
    }

    Hypergradient hypergradient() {
      return new Hypergradient(solver, curvature, iterations, solverRate);
    }

    PerturbationSpace space() {
      return pixelSpace ? PerturbationSpace.PIXEL : PerturbationSpace.NORMALIZED;
    }

    /** Images of a batch that carry the perturbation. */
    int perturbed(int batch) {
      return (int) (batch * perturbedShare);
    }
  }

  @Override
  public String id() {
    return "i-bau";
  }

  @Override
  public Options defaults(DatasetSpec data) {
    return new Options(
        AdversarialTuning.adam(ROUNDS, BATCH, data.augmentation()),
        10,
        1e-3,
        0,
        false,
        0.01,
        Hypergradient.Solver.FIXED_POINT,
        Hypergradient.Curvature.AUTOGRAD,
        5,
        0.1,
        Fidelity.PAPER);
  }

  @Override
  public MethodCard card() {
    return new MethodCard(
        "I-BAU (implicit backdoor adversarial unlearning)",
        "Searches one perturbation that fools the model on all images and trains against it with"
            + " the gradient of the two-level problem.",
        "Zeng, Chen, Park, Mao, Jin, Jia: Adversarial Unlearning of Backdoors via Implicit"
            + " Hypergradient, ICLR 2022",
        "https://arxiv.org/abs/2110.03735",
        "defender has the model with its gradients and a small clean labelled set",
        "post-training repair",
        "per round 3 passes over the holdout, and for each batch second derivatives on the first"
            + " one that cost as much as 9 passes with gradient (about 9 forward passes over the"
            + " training set by default)",
        List.of(
            "no projection to the L2 ball by default, as in the authors' code and the benchmark;"
                + " the paper bounds the perturbation",
            "1 % of each batch carries the perturbation in the outer loss, as in the authors' code;"
                + " the paper's formula has all",
            "outer Adam with AMSGrad at 1e-4 and batches of 256, as in the benchmark; the authors"
                + " use 1e-3 without AMSGrad, batches of 100, and clean images from the test set",
            "inner gradients come from the first batch with its true labels, while the search uses"
                + " the model's own labels, as in the authors' code",
            "learning rates of the search are for normalised units and carry over to other data"
                + " sets by luck"));
  }

  @Override
  public Set<DefenderAccess> needs() {
    return Set.of(
        DefenderAccess.SUSPECT_MODEL, DefenderAccess.INPUT_GRADIENTS, DefenderAccess.CLEAN_HOLDOUT);
  }

  @Override
  public Optional<Passes> expectedPasses(Options options, Workload load) {
    List<Integer> sizes = AdversarialTuning.batchSizes(options.unlearning(), load.holdoutImages());
    if (sizes.isEmpty()) {
      return Optional.of(Passes.NONE);
    }
    double images = sizes.stream().mapToInt(size -> size).sum();
    double gradients = sizes.stream().filter(size -> options.perturbed(size) > 0).count();
    double inner = gradients * options.hypergradient().passes() * sizes.get(0);
    Passes round = Passes.forward(images).plus(Passes.training(2 * images + inner));
    return Optional.of(round.times(options.unlearning().epochs()));
  }

  @Override
  public RepairedModel defend(DefenseContext context, Options options) {
    Network network = context.suspect();
    ImageDataset holdout = context.labelledHoldout();
    try (TensorScope scope = TensorScope.open()) {
      UnlearningStep step =
          new UnlearningStep(
              network, holdout.on(context.device()), options, context.seed(), context::worked);
      TrainingHistory history =
          context
              .trainer("unlearning")
              .fit(
                  new FrozenStatistics(network),
                  holdout,
                  options.unlearning(),
                  step,
                  context.seed().child("unlearning"));
      return new RepairedModel(network, step.evidence(history));
    }
  }
}
