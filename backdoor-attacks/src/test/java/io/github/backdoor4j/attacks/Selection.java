package io.github.backdoor4j.attacks;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.data.LabelRule;
import io.github.backdoor4j.core.data.PoisonRecipe;
import io.github.backdoor4j.core.data.PoisonedDataset;
import io.github.backdoor4j.core.spi.AttackContext;
import io.github.backdoor4j.core.spi.DataPoisoning;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.testkit.NamedStrategyContract;
import io.github.backdoor4j.testkit.TinyContexts;
import io.github.backdoor4j.testkit.TinyImages;
import java.util.Map;
import java.util.stream.LongStream;

/** Which of 1,000 images of four classes an attack poisons. */
final class Selection {

  private static final Map<String, Integer> COUNTS =
      Map.of("0.1", 100, "0.05", 50, "0.01", 10, "0.005", 5, "0.001", 1);

  private Selection() {}

  /** Asserts the number of poisoned images, and their labels, at the five published ratios. */
  static <O extends Record> void assertFollowsPublishedRatios(DataPoisoning<O> attack, O options) {
    try (TensorScope scope = TensorScope.open()) {
      ImageDataset data = TinyImages.blobs(1000, new Seed(1));
      AttackContext context = TinyContexts.attack(data, new Seed(1));
      COUNTS.forEach(
          (ratio, count) -> {
            O rated = NamedStrategyContract.with(options, "ratio", ratio);
            PoisonRecipe recipe = attack.recipe(context, rated);

            PoisonedDataset poisoned = context.poison(recipe);

            assertThat(poisoned.poisonedRows()).as("rows at ratio %s", ratio).hasSize(count);
            assertThat(poisoned.poisonedLabels())
                .as("labels at ratio %s", ratio)
                .isEqualTo(
                    LongStream.of(poisoned.poisonedRows())
                        .map(row -> recipe.labels().trainingLabel(row % 4, 4))
                        .toArray());
          });
    }
  }

  /** Asserts that with the option {@code sources} only those classes are attacked. */
  static <O extends Record> void assertFollowsSources(DataPoisoning<O> attack, O options) {
    try (TensorScope scope = TensorScope.open()) {
      AttackContext context = TinyContexts.attack(TinyImages.blobs(400, new Seed(1)), new Seed(1));
      O some = NamedStrategyContract.with(options, "sources", "[1, 3]");

      PoisonRecipe recipe = attack.recipe(context, some);

      PoisonedDataset poisoned = context.poison(recipe);
      assertThat(LongStream.of(poisoned.poisonedRows()).map(row -> row % 4)).containsOnly(1L, 3L);
      assertThat(poisoned.poisonedLabels()).containsOnly(0L);
      assertThat(LongStream.range(0, 4).filter(recipe.labels()::countsForAttack).toArray())
          .containsExactly(1, 3);
      assertThat(recipe.labels()).isInstanceOf(LabelRule.SourceSpecific.class);
    }
  }
}
