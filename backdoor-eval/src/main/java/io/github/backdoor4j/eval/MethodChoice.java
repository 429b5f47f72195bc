package io.github.backdoor4j.eval;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.record.Json;

/**
 * A method with the options that differ from its defaults. In YAML either the id alone or {@code
 * {id: …, options: {…}}}.
 *
 * @param id id or alias
 * @param options values by name, possibly nested; never {@code null}
 */
public record MethodChoice(String id, ObjectNode options) {

  /** A method with its defaults. */
  public static MethodChoice of(String id) {
    return new MethodChoice(id, Json.mapper().createObjectNode());
  }

  /** Reads either form. */
  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  static MethodChoice read(JsonNode node) {
    if (node.isTextual()) {
      return of(node.asText());
    }
    for (String name : (Iterable<String>) node::fieldNames) {
      if (!name.equals("id") && !name.equals("options")) {
        throw new UsageException(
            "a method is given as its id or as {id: ..., options: {...}}, but has the field '%s'",
            name);
      }
    }
    JsonNode options = node.path("options");
    return new MethodChoice(
        node.path("id").asText(),
        options instanceof ObjectNode object ? object : Json.mapper().createObjectNode());
  }
}
