package io.github.backdoor4j.eval;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which architecture is meant, with which options, as far as the command line says. */
final class ModelChoiceFlags {

  @Option(
      names = "--model",
      paramLabel = "ID",
      completionCandidates = KnownIds.Models.class,
      description = "Architecture, see 'backdoor4j list models'.")
  private @Nullable String id;

  @Option(
      names = "-M",
      paramLabel = "KEY=VALUE",
      description = "An option of the architecture, e.g. -M width=16. Repeatable.")
  private Map<String, String> options = new LinkedHashMap<>();

  Optional<String> id() {
    return Optional.ofNullable(id);
  }

  Map<String, String> texts() {
    return options;
  }

  ObjectNode options() {
    return PlanFlags.options(options);
  }
}
