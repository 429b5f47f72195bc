package io.github.backdoor4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.backdoor4j.core.NotApplicableException;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.Passes;
import io.github.backdoor4j.core.spi.DefenderAccess;
import io.github.backdoor4j.core.spi.DefenseContext;
import io.github.backdoor4j.core.spi.DefenseOutcome;
import io.github.backdoor4j.core.spi.DefenseStrategy;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * The contract of a defense. A test class implements it, fills in {@link #strategy()} and usually
 * {@link #options}, so that each run takes about a second.
 *
 * @param <O> the defense's options
 */
public interface DefenseStrategyContract<O extends Record> extends NamedStrategyContract<O> {

  @Override
  DefenseStrategy<O> strategy();

  /**
   * Options for the tests, which run the defense about seven times; override to make them quick.
   */
  default O options(DatasetSpec data) {
    return strategy().defaults(data);
  }

  @Test
  default void id_leadsToTheDefense() {
    NamedContract.assertRegistered(DefenseStrategy.class, strategy());
  }

  @Test
  default void needs_areDeclared() {
    assertThat(strategy().needs()).isNotEmpty().isEqualTo(strategy().needs());
  }

  @Test
  default void needs_byDefault_areTestDataNever() {
    DatasetSpec spec = TinyImages.spec(TinyImages.SMALL, 4);

    assertThat(strategy().needs(strategy().defaults(spec)))
        .containsAll(strategy().needs())
        .doesNotContain(DefenderAccess.ORACLE);
  }

  /**
   * Least share of the expected work that the method may come to. Lower it for one that stops by
   * itself on the tiny scene, and say why.
   */
  default double leastWork() {
    return 0.8;
  }

  @Test
  default void defend_givesAWellFormedOutcome_andLeavesItsMaterialsUntouched() {
    DefenseRun run = DefenseRun.first(this);

    assertThat(run.untouched()).as("whether what the defense was given is as before").isTrue();
    assertThat(run.problem()).as("what is wrong with the outcome").isEmpty();
  }

  @Test
  default void defend_onACleanModel_givesAWellFormedOutcome() {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.clean();

      assertSound(defend(scene, SEED), scene, scene.model());
    }
  }

  @Test
  default void defend_withTheSameSeed_givesTheSame() {
    assertThat(DefenseRun.of(this).fingerprint()).isEqualTo(DefenseRun.first(this).fingerprint());
  }

  /** Methods with an undotted id belong to the benchmark, which estimates its running time. */
  @Test
  default void expectedPasses_ofBuiltInMethods_arePresent() {
    assumeTrue(strategy().id().indexOf('.') < 0, "plug-ins need not estimate their work");

    assertThat(expectedPasses()).as("expectedPasses of '%s'", strategy().id()).isPresent();
  }

  /** Less than the estimate is allowed as far as early stops may lead. */
  @Test
  default void expectedPasses_areThoseMeasured() {
    Optional<Passes> expected = expectedPasses();
    assumeTrue(expected.isPresent(), "says nothing about its work");

    Passes measured = DefenseRun.first(this).passes();

    assertThat(measured.inForwardPasses())
        .as("forward-equivalents measured: %s, where %s were expected", measured, expected.get())
        .isBetween(
            leastWork() * expected.get().inForwardPasses(),
            ESTIMATION_ERROR * expected.get().inForwardPasses());
  }

  private Optional<Passes> expectedPasses() {
    TinyScene scene = TinyScene.backdoored();
    return strategy().expectedPasses(options(scene.training().spec()), scene.workload());
  }

  @Test
  default void defend_withoutMaterials_isNotApplicable() {
    Set<DefenderAccess> materials =
        Set.of(
            DefenderAccess.TRAINING_SET,
            DefenderAccess.CLEAN_HOLDOUT,
            DefenderAccess.RUNTIME_INPUTS);
    assumeTrue(strategy().needs().stream().anyMatch(materials::contains), "needs no data");
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();
      DefenseContext.Materials nothing =
          new DefenseContext.Materials(
              scene.model(), Optional.empty(), Optional.empty(), Optional.empty());

      assertThatThrownBy(() -> defend(scene, nothing, SEED))
          .isInstanceOf(NotApplicableException.class)
          .hasMessageContaining(strategy().id());
    }
  }

  @Test
  default void defend_withAnEmptyHoldout_isRefused() {
    assumeHoldout();
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();
      DefenseContext.Materials materials =
          scene.materials(scene.model(), scene.holdout().subset(new long[0]));

      assertThatThrownBy(() -> defend(scene, materials, SEED)).satisfies(this::assertRefusal);
    }
  }

  @Test
  default void defend_withAHoldoutOfOneClass_isRefusedOrSound() {
    assumeHoldout();
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();
      long[] labels = scene.holdout().labelValues();
      long[] rows =
          LongStream.range(0, labels.length)
              .filter(row -> labels[(int) row] == TinyScene.TARGET)
              .toArray();

      assertRefusedOrSound(scene, scene.materials(scene.model(), scene.holdout().subset(rows)));
    }
  }

  /** Most tests work in batches of 25 or 32 images; 20 are five of each class. */
  @Test
  default void defend_withAHoldoutSmallerThanABatch_isRefusedOrSound() {
    assumeHoldout();
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();
      long[] rows = LongStream.range(0, 20).toArray();

      assertRefusedOrSound(scene, scene.materials(scene.model(), scene.holdout().subset(rows)));
    }
  }

  @Test
  default void defend_onAModelThatPredictsOneClassOnly_isRefusedOrSound() {
    assumeTrue(strategy().needs().contains(DefenderAccess.SUSPECT_MODEL), "needs no model");
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();

      assertRefusedOrSound(scene, scene.materials(scene.predictingOnly(1)));
    }
  }

  private void assumeHoldout() {
    assumeTrue(strategy().needs().contains(DefenderAccess.CLEAN_HOLDOUT), "needs no holdout");
  }

  private void assertRefusedOrSound(TinyScene scene, DefenseContext.Materials materials) {
    DefenseOutcome outcome;
    try {
      outcome = defend(scene, materials, SEED);
    } catch (NotApplicableException | UsageException e) {
      assertRefusal(e);
      return;
    }
    assertSound(outcome, scene, materials.suspect());
  }

  private void assertRefusal(Throwable refusal) {
    assertThat(refusal)
        .isInstanceOfAny(NotApplicableException.class, UsageException.class)
        .message()
        .isNotBlank();
  }

  private void assertSound(DefenseOutcome outcome, TinyScene scene, Network suspect) {
    DefenseChecks.assertWellFormed(outcome, scene);
    DefenseChecks.assertNotSilent(outcome, suspect);
  }

  @Test
  default void defend_onAModelWithBrokenWeights_isNotApplicable() {
    assumeTrue(strategy().needs().contains(DefenderAccess.SUSPECT_MODEL), "needs no model");
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();
      Network broken = scene.model().copy();
      broken.requireGradients(false);
      Objects.requireNonNull(broken.parameters().get("conv1.weight"))
          .fill_(Tensors.scalar(Double.NaN));

      assertThatThrownBy(() -> defend(scene, scene.materials(broken), SEED))
          .isInstanceOf(NotApplicableException.class)
          .hasMessageContaining("conv1.weight");
    }
  }

  /** A tensor made in host memory and not placed, or read where it is not, fails as on a GPU. */
  @Test
  default void defend_onAnotherDevice_mixesNothing() {
    onTheStandIn(
        device -> {
          TinyScene scene = TinyScene.backdoored();
          O options = options(scene.training().spec());
          DefenseContext context =
              TinyContexts.defense(strategy(), options, scene, scene.materials(), device, SEED);

          DefenseOutcome outcome = strategy().defend(context, options);

          outcome
              .model()
              .ifPresent(
                  model -> assertThat(model.device()).as("where the model is").isEqualTo(device));
          DefenseChecks.fingerprint(outcome); // reads all there is
        });
  }

  @Test
  default void defend_leavesNoNativeMemory() {
    TinyScene scene = TinyScene.backdoored();

    NativeLeaks.assertNone(() -> defend(scene, SEED));
  }

  /** Runs the defense in the open scope, with access to what it declares and nothing else. */
  default DefenseOutcome defend(TinyScene scene, Seed seed) {
    return defend(scene, scene.materials(), seed);
  }

  /** The same with materials of your own. */
  default DefenseOutcome defend(TinyScene scene, DefenseContext.Materials materials, Seed seed) {
    DefenseStrategy<O> strategy = strategy();
    O options = options(scene.training().spec());
    return strategy.defend(
        TinyContexts.defense(strategy, options, scene, materials, seed), options);
  }

  /** Seed of the tests. */
  Seed SEED = new Seed(1);

  /** Most work, as a multiple of what was expected. */
  double ESTIMATION_ERROR = 1.15;
}
