package io.github.backdoor4j.testkit;

import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.spi.DefenderAccess;
import io.github.backdoor4j.core.spi.DefenseContext;
import io.github.backdoor4j.core.spi.DefenseOutcome;
import io.github.backdoor4j.core.spi.Evidence;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

class BrokenDefensesTest {

  private static final AtomicInteger CALLS = new AtomicInteger();
  private static final String OUTCOME =
      "defend_givesAWellFormedOutcome_andLeavesItsMaterialsUntouched";
  private static final String CLEAN = "defend_onACleanModel_givesAWellFormedOutcome";
  private static final String SAME = "defend_withTheSameSeed_givesTheSame";
  private static final String LEAKS = "defend_leavesNoNativeMemory";

  /** The network's first parameter, to be changed without gradients. */
  private static void add(Network network, double value) {
    Tensor weight = network.parameters().values().iterator().next();
    Tensors.withoutGradients(() -> weight.add_(new Scalar(value)));
  }

  @Test
  void modelWithoutFiniteLogits_fails() {
    Contracts.assertBreaks(DivergedTest.class, OUTCOME, CLEAN);
  }

  /** Returns a model full of NaN. */
  public static class Diverged extends ToyDefense {
    @Override
    public DefenseOutcome defend(DefenseContext context, Options options) {
      Network model = context.cleanHoldout().size() > 0 ? context.suspect() : null;
      add(model, Double.NaN);
      return new DefenseOutcome.RepairedModel(model, Evidence.NONE);
    }
  }

  static class DivergedTest implements DefenseStrategyContract<ToyDefense.Options> {
    @Override
    public Diverged strategy() {
      return new Diverged();
    }
  }

  @Test
  void defenseThatWritesIntoItsHoldout_fails() {
    try (TensorScope scope = TensorScope.open()) {
      Tensor backdoored = TinyScene.backdoored().holdout().images();
      Tensor clean = TinyScene.clean().holdout().images();
      Tensor before = backdoored.clone();

      Contracts.assertBreaks(VandalTest.class, OUTCOME);

      backdoored.copy_(before); // both scenes have the same holdout, and other tests use them
      clean.copy_(before);
    }
  }

  /** Inverts the images it was lent. */
  public static class Vandal extends ToyDefense {
    @Override
    public DefenseOutcome defend(DefenseContext context, Options options) {
      context.cleanHoldout().images().bitwise_not_();
      return new DefenseOutcome.RepairedModel(context.suspect(), Evidence.NONE);
    }
  }

  static class VandalTest implements DefenseStrategyContract<ToyDefense.Options> {
    @Override
    public Vandal strategy() {
      return new Vandal();
    }
  }

  @Test
  void defenseThatTakesMoreThanItDeclares_fails() {
    Contracts.assertBreaks(
        GreedyTest.class, OUTCOME, CLEAN, SAME, LEAKS, "defend_withoutMaterials_isNotApplicable");
  }

  /** Declares the holdout and reads the training set. */
  public static class Greedy extends ToyDefense {
    @Override
    public DefenseOutcome defend(DefenseContext context, Options options) {
      context.trainingSet();
      return super.defend(context, options);
    }
  }

  static class GreedyTest implements DefenseStrategyContract<ToyDefense.Options> {
    @Override
    public Greedy strategy() {
      return new Greedy();
    }
  }

  @Test
  void defenseThatDrawsFromElsewhere_fails() {
    Contracts.assertBreaks(RestlessTest.class, SAME);
  }

  /** Returns another model at each call. */
  public static class Restless extends ToyDefense {
    @Override
    public DefenseOutcome defend(DefenseContext context, Options options) {
      context.cleanHoldout();
      Network model = context.suspect();
      add(model, CALLS.incrementAndGet() * 1e-3);
      return new DefenseOutcome.RepairedModel(model, Evidence.NONE);
    }
  }

  static class RestlessTest implements DefenseStrategyContract<ToyDefense.Options> {
    @Override
    public Restless strategy() {
      return new Restless();
    }
  }

  @Test
  void scoresOfTheWrongNumber_fail() {
    Contracts.assertBreaks(HastyTest.class, OUTCOME, CLEAN);
  }

  /** Scores five of the training images. */
  public static class Hasty extends ToyDefense {
    @Override
    public DefenseOutcome defend(DefenseContext context, Options options) {
      context.cleanHoldout();
      return new DefenseOutcome.SampleScores(
          DefenseOutcome.SampleScores.Subject.TRAINING_SET,
          new double[5],
          new boolean[5],
          Evidence.NONE);
    }
  }

  static class HastyTest implements DefenseStrategyContract<ToyDefense.Options> {
    @Override
    public Hasty strategy() {
      return new Hasty();
    }
  }

  @Test
  void evidenceThatIsNoNumber_fails() {
    Contracts.assertBreaks(MumblingTest.class, OUTCOME, CLEAN);
  }

  /** Reports NaN. */
  public static class Mumbling extends ToyDefense {
    @Override
    public DefenseOutcome defend(DefenseContext context, Options options) {
      context.cleanHoldout();
      return new DefenseOutcome.RepairedModel(
          context.suspect(), new Evidence(Map.of("rate", Double.NaN), List.of(), List.of()));
    }
  }

  static class MumblingTest implements DefenseStrategyContract<ToyDefense.Options> {
    @Override
    public Mumbling strategy() {
      return new Mumbling();
    }
  }

  @Test
  void defenseWithoutNeeds_fails() {
    Contracts.assertBreaks(NeedlessTest.class, OUTCOME, CLEAN, SAME, LEAKS, "needs_areDeclared");
  }

  /** Declares nothing. */
  public static class Needless extends ToyDefense {
    @Override
    public Set<DefenderAccess> needs() {
      return Set.of();
    }
  }

  static class NeedlessTest implements DefenseStrategyContract<ToyDefense.Options> {
    @Override
    public Needless strategy() {
      return new Needless();
    }
  }
}
