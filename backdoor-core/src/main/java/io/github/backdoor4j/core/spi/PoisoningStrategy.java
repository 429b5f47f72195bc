package io.github.backdoor4j.core.spi;

import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.Trigger;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

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
   * The test trigger, where options and seed are enough to make it.
   *
   * @return empty if only {@link #attack} can make it
   */
  default Optional<Trigger> trigger(AttackContext context, O options) {
    return Optional.empty();
  }

  /**
   * Rebuilds the trigger of an attack that was carried out. An attack whose outcome has a {@link
   * io.github.backdoor4j.core.data.LearnedTrigger} overrides this.
   *
   * @param data the data set attacked
   * @param options of the attack
   * @param state of the trigger, as the record keeps it
   */
  default Trigger restore(DatasetSpec data, O options, Map<String, Tensor> state) {
    throw new UsageException("the trigger of '%s' has no state to restore it from", id());
  }
}
