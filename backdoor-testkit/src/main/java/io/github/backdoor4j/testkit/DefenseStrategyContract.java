package io.github.backdoor4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.backdoor4j.core.NotApplicableException;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.nn.Network;
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

  /** Options for the tests, which run the defense six times; override to make them quick. */
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
  default void defend_givesAWellFormedOutcome_andLeavesItsMaterialsUntouched() {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();
      String before = scene.contentHash();

      DefenseOutcome outcome = defend(scene, SEED);

      assertThat(scene.contentHash()).as("what the defense was given").isEqualTo(before);
      DefenseChecks.assertWellFormed(outcome, scene);
    }
  }

  @Test
  default void defend_onACleanModel_givesAWellFormedOutcome() {
    try (TensorScope scope = TensorScope.open()) {
      DefenseChecks.assertWellFormed(defend(TinyScene.clean(), SEED), TinyScene.clean());
    }
  }

  @Test
  default void defend_withTheSameSeed_givesTheSame() {
    try (TensorScope scope = TensorScope.open()) {
      String first = DefenseChecks.fingerprint(defend(TinyScene.backdoored(), SEED));

      String second = DefenseChecks.fingerprint(defend(TinyScene.backdoored(), SEED));

      assertThat(second).isEqualTo(first);
    }
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

      DefenseStrategy<O> strategy = strategy();
      DefenseContext context = TinyContexts.defense(strategy, scene, nothing, SEED);

      assertThatThrownBy(() -> strategy.defend(context, options(context.spec())))
          .isInstanceOf(NotApplicableException.class)
          .hasMessageContaining(strategy.id());
    }
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
      DefenseStrategy<O> strategy = strategy();
      DefenseContext context = TinyContexts.defense(strategy, scene, scene.materials(broken), SEED);

      assertThatThrownBy(() -> strategy.defend(context, options(context.spec())))
          .isInstanceOf(NotApplicableException.class)
          .hasMessageContaining("conv1.weight");
    }
  }

  @Test
  default void defend_leavesNoNativeMemory() {
    TinyScene scene = TinyScene.backdoored();

    NativeLeaks.assertNone(() -> defend(scene, SEED));
  }

  /** Runs the defense in the open scope, with access to what it declares and nothing else. */
  default DefenseOutcome defend(TinyScene scene, Seed seed) {
    DefenseStrategy<O> strategy = strategy();
    DefenseContext context = TinyContexts.defense(strategy, scene, seed);
    return strategy.defend(context, options(context.spec()));
  }

  /** Seed of the tests. */
  Seed SEED = new Seed(1);
}
