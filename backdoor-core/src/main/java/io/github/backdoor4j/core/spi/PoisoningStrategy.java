package io.github.backdoor4j.core.spi;

import io.github.backdoor4j.core.data.Trigger;
import java.util.Optional;

/**
 * A backdoor attack. Attacks that only change training data implement {@link DataPoisoning}; those
 * that control training implement this.
 *
 * @param <O> its options
 */
public interface PoisoningStrategy<O extends Record> extends NamedStrategy<O> {

  /**
   * Runs the attack: poisons, trains the victim, returns both.
   *
   * @throws io.github.backdoor4j.core.UsageException if the options do not fit the data
   * @throws io.github.backdoor4j.core.NotApplicableException if the attack cannot act on the data
   */
  AttackOutcome attack(AttackContext context, O options);

  /**
   * The test trigger, where it exists without training a model.
   *
   * @return empty if only {@link #attack} can make it
   */
  default Optional<Trigger> trigger(AttackContext context, O options) {
    return Optional.empty();
  }
}
