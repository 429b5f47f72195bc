package io.github.backdoor4j.core.spi;

/**
 * The registries of all extension points.
 *
 * @param attacks by id
 * @param defenses by id
 * @param evaluators by id
 * @param datasets by id
 * @param architectures by id
 */
public record Registries(
    StrategyRegistry<PoisoningStrategy<?>> attacks,
    StrategyRegistry<DefenseStrategy<?>> defenses,
    StrategyRegistry<Evaluator> evaluators,
    StrategyRegistry<DatasetSource<?>> datasets,
    StrategyRegistry<Architecture<?>> architectures) {

  /** Finds every provider that a class loader sees. */
  @SuppressWarnings({"unchecked", "rawtypes"}) // a class literal cannot say PoisoningStrategy<?>
  public static Registries load(ClassLoader loader) {
    return new Registries(
        StrategyRegistry.load((Class) PoisoningStrategy.class, "attack", loader),
        StrategyRegistry.load((Class) DefenseStrategy.class, "defense", loader),
        StrategyRegistry.load(Evaluator.class, "evaluator", loader),
        StrategyRegistry.load((Class) DatasetSource.class, "data set", loader),
        StrategyRegistry.load((Class) Architecture.class, "architecture", loader));
  }

  /** Finds every provider on the class path of Backdoor4J itself. */
  public static Registries load() {
    return load(
        java.util.Objects.requireNonNullElse(
            Registries.class.getClassLoader(), ClassLoader.getSystemClassLoader()));
  }
}
