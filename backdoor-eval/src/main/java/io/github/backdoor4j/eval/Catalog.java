package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.record.Names;
import io.github.backdoor4j.core.spi.DatasetSource;
import io.github.backdoor4j.core.spi.Evaluator;
import io.github.backdoor4j.core.spi.Named;
import io.github.backdoor4j.core.spi.NamedStrategy;
import io.github.backdoor4j.core.spi.Registries;
import io.github.backdoor4j.core.spi.StrategyRegistry;
import java.util.ArrayList;
import java.util.List;

/** Everything that the registries hold, by kind. */
final class Catalog {

  /** What can be listed. */
  enum Kind {
    /** Attacks. */
    ATTACKS("attack"),
    /** Defenses. */
    DEFENSES("defense"),
    /** Metrics and analyses. */
    EVALUATORS("evaluator"),
    /** Architectures. */
    MODELS("model"),
    /** Data sets. */
    DATASETS("dataset");

    private final String word;

    Kind(String word) {
      this.word = word;
    }

    /** What one of them is called. */
    String word() {
      return word;
    }
  }

  /**
   * One thing.
   *
   * @param origin class and jar
   */
  record Item(Kind kind, Named thing, String origin) {

    String id() {
      return thing.id();
    }

    /** One sentence. */
    String summary() {
      if (thing instanceof NamedStrategy<?> strategy) {
        return strategy.card().summary();
      }
      if (thing instanceof DatasetSource<?> source) {
        return source.description();
      }
      return thing instanceof Evaluator evaluator ? evaluator.description() : "";
    }

    /** Whether it comes from a plug-in. */
    boolean foreign() {
      return id().indexOf('.') >= 0;
    }
  }

  private final Registries registries;

  Catalog(Registries registries) {
    this.registries = registries;
  }

  private StrategyRegistry<?> registry(Kind kind) {
    return switch (kind) {
      case ATTACKS -> registries.attacks();
      case DEFENSES -> registries.defenses();
      case EVALUATORS -> registries.evaluators();
      case MODELS -> registries.architectures();
      case DATASETS -> registries.datasets();
    };
  }

  /** All of one kind, by id. */
  List<Item> items(Kind kind) {
    return items(kind, registry(kind));
  }

  private static <S extends Named> List<Item> items(Kind kind, StrategyRegistry<S> registry) {
    return registry.all().stream().map(s -> new Item(kind, s, registry.originOf(s))).toList();
  }

  /** All of all kinds. */
  List<Item> items() {
    List<Item> all = new ArrayList<>();
    for (Kind kind : Kind.values()) {
      all.addAll(items(kind));
    }
    return all;
  }

  /**
   * Whatever has an id or alias, perhaps of several kinds.
   *
   * @throws UsageException if nothing has
   */
  List<Item> find(String name) {
    List<Item> all = items();
    List<Item> found =
        all.stream()
            .filter(item -> item.id().equals(name) || item.thing().aliases().contains(name))
            .toList();
    if (found.isEmpty()) {
      List<String> known = all.stream().map(Item::id).distinct().toList();
      List<String> near = Names.nearest(name, known);
      throw new UsageException(
          "nothing has the id '%s'. Nearest: %s. 'backdoor4j list' shows all.%s",
          name, String.join(", ", near.subList(0, Math.min(3, near.size()))), failureNote());
    }
    return found;
  }

  private String failureNote() {
    List<String> failures = failures();
    return failures.isEmpty() ? "" : " These plug-ins could not be loaded: " + failures;
  }

  /** What could not be loaded. */
  List<String> failures() {
    List<String> all = new ArrayList<>();
    for (Kind kind : Kind.values()) {
      all.addAll(registry(kind).failures());
    }
    return all;
  }
}
