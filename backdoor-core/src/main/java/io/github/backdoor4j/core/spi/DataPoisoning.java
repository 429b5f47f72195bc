package io.github.backdoor4j.core.spi;

import io.github.backdoor4j.core.data.PoisonRecipe;
import io.github.backdoor4j.core.data.PoisonedDataset;
import io.github.backdoor4j.core.data.Trigger;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.train.TrainingHistory;
import java.util.Optional;

/**
 * An attack that is nothing but a recipe for poisoning training data; the victim then trains as
 * always.
 *
 * @param <O> its options
 */
public interface DataPoisoning<O extends Record> extends PoisoningStrategy<O> {

  /**
   * The recipe for a data set.
   *
   * @throws io.github.backdoor4j.core.UsageException if the options do not fit the data
   */
  PoisonRecipe recipe(AttackContext context, O options);

  @Override
  default AttackOutcome attack(AttackContext context, O options) {
    PoisonRecipe recipe = recipe(context, options);
    PoisonedDataset poisoned = context.poison(recipe);
    Network model = context.newVictim();
    TrainingHistory history =
        context
            .victimTrainer(recipe.testTrigger(), recipe.labels())
            .fit(model, poisoned.asDataset(), context.plan(), context.seed().child("training"));
    return new AttackOutcome(
        model, Optional.of(poisoned), recipe.testTrigger(), recipe.labels(), history);
  }

  @Override
  default Optional<Trigger> trigger(AttackContext context, O options) {
    return Optional.of(recipe(context, options).testTrigger());
  }
}
