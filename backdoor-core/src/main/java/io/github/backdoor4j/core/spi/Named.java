package io.github.backdoor4j.core.spi;

import java.util.List;

/** Anything that a registry finds by id. */
public interface Named {

  /**
   * Lower-case words with hyphens, as the field names the thing: {@code fine-pruning}. Ids without
   * a dot belong to Backdoor4J; others use {@code vendor.name}.
   */
  String id();

  /** Accepted short forms, such as {@code fp}; never shown as the name. */
  default List<String> aliases() {
    return List.of();
  }
}
