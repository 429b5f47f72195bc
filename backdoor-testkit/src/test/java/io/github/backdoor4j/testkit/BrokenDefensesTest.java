package io.github.backdoor4j.testkit;

import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.Passes;
import io.github.backdoor4j.core.spi.DefenderAccess;
import io.github.backdoor4j.core.spi.DefenseContext;
import io.github.backdoor4j.core.spi.DefenseOutcome;
import io.github.backdoor4j.core.spi.Evidence;
import io.github.backdoor4j.core.spi.Workload;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

class BrokenDefensesTest {

  private static final AtomicInteger CALLS = new AtomicInteger();
  private static final String OUTCOME =
      "defend_givesAWellFormedOutcome_andLeavesItsMaterialsUntouched";
  private static final String CLEAN = "defend_onACleanModel_givesAWellFormedOutcome";
  private static final String SAME = "defend_withTheSameSeed_givesTheSame";
  private static final String LEAKS = "defend_leavesNoNativeMemory";

  private static final String ONE_CLASS = "defend_withAHoldoutOfOneClass_isRefusedOrSound";
  private static final String SMALL = "defend_withAHoldoutSmallerThanABatch_isRefusedOrSound";
  private static final String EMPTY = "defend_withAnEmptyHoldout_isRefused";
  private static final String CONSTANT = "defend_onAModelThatPredictsOneClassOnly_isRefusedOrSound";
  private static final String MISSING = "defend_withoutMaterials_isNotApplicable";
  private static final String BROKEN = "defend_onAModelWithBrokenWeights_isNotApplicable";
  private static final String DEVICE = "defend_onAnotherDevice_mixesNothing";
  private static final String ESTIMATE = "expectedPasses_areThoseMeasured";

  /** Base of those that let no image through the model. */
  public static class Idle extends ToyDefense {
    @Override
    public Optional<Passes> expectedPasses(Options options, Workload load) {
      return Optional.of(Passes.NONE);
    }

    /** The suspect with its first parameter a little larger: some repair. */
    static Network changed(DefenseContext context) {
      context.labelledHoldout();
      Network model = context.suspect();
      add(model, 1e-3);
      return model;
    }
  }

  private static void add(Network network, double value) {
    Tensor weight = network.parameters().values().iterator().next();
    Tensors.withoutGradients(() -> weight.add_(new Scalar(value)));
  }

  @Test
  void defenseThatMixesDevices_fails() {
    Contracts.assertBreaks(MixingTest.class, DEVICE);
  }

  /** Adds numbers in host memory to the weights, wherever these are. */
  public static class Mixing extends Idle {
    @Override
    public DefenseOutcome defend(DefenseContext context, Options options) {
      Network model = changed(context);
      Tensor weight = model.parameters().values().iterator().next();
      Tensors.withoutGradients(() -> weight.add_(torch.full(weight.shape(), new Scalar(1e-3))));
      return new DefenseOutcome.RepairedModel(model, Evidence.NONE);
    }
  }

  static class MixingTest implements DefenseStrategyContract<ToyDefense.Options> {
    @Override
    public Mixing strategy() {
      return new Mixing();
    }
  }

  @Test
  void modelWithoutFiniteLogits_fails() {
    Contracts.assertBreaks(DivergedTest.class, OUTCOME, CLEAN, SMALL, CONSTANT);
  }

  /** Returns a model full of NaN. */
  public static class Diverged extends Idle {
    @Override
    public DefenseOutcome defend(DefenseContext context, Options options) {
      Network model = context.labelledHoldout().size() > 0 ? context.suspect() : null;
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
  public static class Vandal extends Idle {
    @Override
    public DefenseOutcome defend(DefenseContext context, Options options) {
      context.labelledHoldout().images().bitwise_not_();
      return new DefenseOutcome.RepairedModel(changed(context), Evidence.NONE);
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
        GreedyTest.class, OUTCOME, CLEAN, SAME, LEAKS, MISSING, BROKEN, ESTIMATE, DEVICE);
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
  public static class Restless extends Idle {
    @Override
    public DefenseOutcome defend(DefenseContext context, Options options) {
      context.labelledHoldout();
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
    Contracts.assertBreaks(HastyTest.class, OUTCOME, CLEAN, SMALL, CONSTANT);
  }

  /** Scores five of the training images. */
  public static class Hasty extends Idle {
    @Override
    public DefenseOutcome defend(DefenseContext context, Options options) {
      context.labelledHoldout();
      context.suspect();
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
    Contracts.assertBreaks(MumblingTest.class, OUTCOME, CLEAN, SMALL, CONSTANT);
  }

  /** Reports NaN. */
  public static class Mumbling extends Idle {
    @Override
    public DefenseOutcome defend(DefenseContext context, Options options) {
      return new DefenseOutcome.RepairedModel(
          changed(context), new Evidence(Map.of("rate", Double.NaN), List.of(), List.of()));
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
    Contracts.assertBreaks(
        NeedlessTest.class, OUTCOME, CLEAN, SAME, LEAKS, ESTIMATE, DEVICE, "needs_areDeclared");
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

  @Test
  void unchangedModelWithoutANote_fails() {
    Contracts.assertBreaks(SilentTest.class, OUTCOME, CLEAN, SMALL, CONSTANT);
  }

  /** Returns what it was given. */
  public static class Silent extends Idle {
    @Override
    public DefenseOutcome defend(DefenseContext context, Options options) {
      context.labelledHoldout();
      return new DefenseOutcome.RepairedModel(context.suspect(), Evidence.NONE);
    }
  }

  static class SilentTest implements DefenseStrategyContract<ToyDefense.Options> {
    @Override
    public Silent strategy() {
      return new Silent();
    }
  }

  @Test
  void verdictWithoutAModelAndWithoutANote_fails() {
    Contracts.assertBreaks(TerseTest.class, OUTCOME, CLEAN, ONE_CLASS, SMALL, EMPTY, CONSTANT);
  }

  /** Finds nothing and says nothing, whatever it is given. */
  public static class Terse extends Idle {
    @Override
    public DefenseOutcome defend(DefenseContext context, Options options) {
      context.cleanHoldout();
      context.suspect();
      return new DefenseOutcome.ModelVerdict(
          false, 0, 1, List.of(), Optional.empty(), Evidence.NONE);
    }
  }

  static class TerseTest implements DefenseStrategyContract<ToyDefense.Options> {
    @Override
    public Terse strategy() {
      return new Terse();
    }
  }

  @Test
  void defenseThatCrashesOnFewImages_fails() {
    Contracts.assertBreaks(BrittleTest.class, SMALL);
  }

  /** Needs a whole batch, and does not say so. */
  public static class Brittle extends Idle {
    @Override
    public DefenseOutcome defend(DefenseContext context, Options options) {
      context.labelledHoldout().images().narrow(0, 0, 25);
      return new DefenseOutcome.RepairedModel(changed(context), Evidence.NONE);
    }
  }

  static class BrittleTest implements DefenseStrategyContract<ToyDefense.Options> {
    @Override
    public Brittle strategy() {
      return new Brittle();
    }
  }

  @Test
  void workThatWasNotExpected_fails() {
    Contracts.assertBreaks(UnderestimatedTest.class, ESTIMATE);
  }

  /** Trains, and says that it only looks. */
  public static class Underestimated extends ToyDefense {
    @Override
    public Optional<Passes> expectedPasses(Options options, Workload load) {
      return Optional.of(Passes.forward(load.holdoutImages()));
    }
  }

  static class UnderestimatedTest implements DefenseStrategyContract<ToyDefense.Options> {
    @Override
    public Underestimated strategy() {
      return new Underestimated();
    }
  }

  @Test
  void builtInDefenseWithoutAnEstimate_fails() {
    Contracts.assertBreaks(UnestimatedTest.class, "expectedPasses_ofBuiltInMethods_arePresent");
  }

  /** Says nothing about its work. */
  public static class Unestimated extends ToyDefense {
    @Override
    public Optional<Passes> expectedPasses(Options options, Workload load) {
      return Optional.empty();
    }
  }

  static class UnestimatedTest implements DefenseStrategyContract<ToyDefense.Options> {
    @Override
    public Unestimated strategy() {
      return new Unestimated();
    }
  }
}
