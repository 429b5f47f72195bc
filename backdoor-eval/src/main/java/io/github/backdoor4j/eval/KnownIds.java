package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.spi.Named;
import io.github.backdoor4j.core.spi.Registries;
import io.github.backdoor4j.core.spi.StrategyRegistry;
import java.util.Iterator;
import java.util.function.Function;

/** The ids that shell completion offers: those known when its script is printed. */
abstract class KnownIds implements Iterable<String> {

  private final Function<Registries, StrategyRegistry<?>> registry;

  private KnownIds(Function<Registries, StrategyRegistry<?>> registry) {
    this.registry = registry;
  }

  @Override
  public Iterator<String> iterator() {
    return registry.apply(Registries.load()).all().stream().map(Named::id).iterator();
  }

  /** Attacks. */
  static final class Attacks extends KnownIds {
    Attacks() {
      super(Registries::attacks);
    }
  }

  /** Defenses. */
  static final class Defenses extends KnownIds {
    Defenses() {
      super(Registries::defenses);
    }
  }

  /** Data sets. */
  static final class Datasets extends KnownIds {
    Datasets() {
      super(Registries::datasets);
    }
  }

  /** Architectures. */
  static final class Models extends KnownIds {
    Models() {
      super(Registries::architectures);
    }
  }
}
