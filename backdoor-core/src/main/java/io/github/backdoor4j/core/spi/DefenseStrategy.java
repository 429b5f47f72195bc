package io.github.backdoor4j.core.spi;

import io.github.backdoor4j.core.nn.Passes;
import java.util.Optional;
import java.util.Set;

/**
 * A defense or detector.
 *
 * @param <O> its options
 */
public interface DefenseStrategy<O extends Record> extends NamedStrategy<O> {

  /** What the defense must be given; it can get at nothing else. */
  Set<DefenderAccess> needs();

  /**
   * What the defense must be given under certain options; more than {@link #needs()} only where
   * they ask for a choice by data ({@link Selection}), for what the benchmark looks at, or for
   * another product, such as a filter of inputs.
   */
  default Set<DefenderAccess> needs(O options) {
    return needs();
  }

  /**
   * Work to expect, for an estimate before the start: what is done unless something stops early.
   *
   * @return empty if nothing can be said
   */
  default Optional<Passes> expectedPasses(O options, Workload load) {
    return Optional.empty();
  }

  /**
   * Runs the defense.
   *
   * @throws io.github.backdoor4j.core.NotApplicableException if it cannot act on this model or
   *     data; never returns an unchanged model in that case
   */
  DefenseOutcome defend(DefenseContext context, O options);
}
