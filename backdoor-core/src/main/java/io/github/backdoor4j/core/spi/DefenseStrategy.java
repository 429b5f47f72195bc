package io.github.backdoor4j.core.spi;

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
   * Runs the defense.
   *
   * @throws io.github.backdoor4j.core.NotApplicableException if it cannot act on this model or
   *     data; never returns an unchanged model in that case
   */
  DefenseOutcome defend(DefenseContext context, O options);
}
