package io.github.backdoor4j.testkit;

import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.Passes;
import io.github.backdoor4j.core.spi.DefenseContext;
import io.github.backdoor4j.core.spi.DefenseOutcome;
import io.github.backdoor4j.core.tensor.TensorScope;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What several tests want to know of one run of a defense on the backdoored tiny model, so that it
 * need not be run for each. Holds no tensors.
 *
 * @param fingerprint text that differs whenever the outcome differs
 * @param passes work that the context counted
 * @param untouched whether the defense left what it was given as it was
 * @param problem why the outcome is not well-formed; empty if it is
 */
record DefenseRun(String fingerprint, Passes passes, boolean untouched, String problem) {

  private static final Map<Class<?>, DefenseRun> FIRST = new ConcurrentHashMap<>();

  /** The first run of a test class: made when it is asked for, then kept. */
  static DefenseRun first(DefenseStrategyContract<?> test) {
    DefenseRun known = FIRST.get(test.getClass());
    if (known == null) {
      known = of(test);
      FIRST.put(test.getClass(), known);
    }
    return known;
  }

  /** A new run. */
  static <O extends Record> DefenseRun of(DefenseStrategyContract<O> test) {
    try (TensorScope scope = TensorScope.open()) {
      TinyScene scene = TinyScene.backdoored();
      String before = scene.contentHash();
      O options = test.options(scene.training().spec());
      DefenseContext context =
          TinyContexts.defense(
              test.strategy(), options, scene, scene.materials(), DefenseStrategyContract.SEED);
      DefenseOutcome outcome = test.strategy().defend(context, options);
      return new DefenseRun(
          DefenseChecks.fingerprint(outcome),
          context.passes(),
          scene.contentHash().equals(before),
          problem(outcome, scene));
    }
  }

  private static String problem(DefenseOutcome outcome, TinyScene scene) {
    try {
      Network suspect = scene.model();
      DefenseChecks.assertWellFormed(outcome, scene);
      DefenseChecks.assertNotSilent(outcome, suspect);
      return "";
    } catch (AssertionError e) {
      return String.valueOf(e.getMessage());
    }
  }
}
