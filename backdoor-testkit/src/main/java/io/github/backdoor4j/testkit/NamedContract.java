package io.github.backdoor4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.backdoor4j.core.spi.Named;
import io.github.backdoor4j.core.spi.StrategyRegistry;
import java.util.Objects;

/** What every provider must keep, whatever its extension point. */
final class NamedContract {

  private NamedContract() {}

  /** The provider is listed by its services file, and its id and aliases lead to it. */
  static void assertRegistered(Class<? extends Named> point, Named provider) {
    ClassLoader loader =
        Objects.requireNonNullElse(
            provider.getClass().getClassLoader(), ClassLoader.getSystemClassLoader());
    StrategyRegistry<Named> registry = StrategyRegistry.load(point, "provider", loader);
    assertThat(registry.failures()).as("providers that could not be loaded").isEmpty();
    assertThat(registry.all().stream().map(other -> other.getClass().getName()))
        .as("providers listed in META-INF/services/%s", point.getName())
        .contains(provider.getClass().getName());
    assertThat(registry.get(provider.id())).hasSameClassAs(provider);
    for (String alias : provider.aliases()) {
      assertThat(registry.get(alias)).as("alias %s", alias).hasSameClassAs(provider);
    }
  }
}
