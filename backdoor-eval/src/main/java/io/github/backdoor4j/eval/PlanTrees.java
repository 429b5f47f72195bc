package io.github.backdoor4j.eval;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.backdoor4j.core.record.Json;
import io.github.backdoor4j.core.record.Names;
import java.util.Map;
import java.util.Objects;

/** Merging of option trees. */
final class PlanTrees {

  private static final String KIND = "kind";

  private PlanTrees() {}

  static ObjectNode empty() {
    return Json.mapper().createObjectNode();
  }

  /**
   * A copy of {@code under} with what {@code over} says. Objects merge, all else is replaced; an
   * object of another {@code kind}, such as another optimiser, is replaced as a whole.
   */
  static ObjectNode merge(JsonNode under, JsonNode over) {
    ObjectNode result = under instanceof ObjectNode object ? object.deepCopy() : empty();
    for (Map.Entry<String, JsonNode> entry : over.properties()) {
      String name = Names.snakeCase(entry.getKey());
      JsonNode value = entry.getValue();
      JsonNode before = result.path(name);
      boolean merges = value.isObject() && before.isObject() && !otherKind(before, value);
      result.set(name, merges ? merge(before, value) : value.deepCopy());
    }
    return result;
  }

  private static boolean otherKind(JsonNode before, JsonNode value) {
    return value.has(KIND) && !value.get(KIND).equals(before.path(KIND));
  }

  /** Sets a value at a dotted name, making the objects on the way. */
  static void set(ObjectNode root, String dottedName, JsonNode value) {
    ObjectNode node = root;
    String[] parts = dottedName.split("\\.", -1);
    for (int i = 0; i < parts.length - 1; i++) {
      String name = Names.snakeCase(parts[i]);
      node = node.path(name) instanceof ObjectNode child ? child : node.putObject(name);
    }
    node.set(Names.snakeCase(parts[parts.length - 1]), value);
  }

  /** The value itself if it is a list, else a list of it; texts are split at commas. */
  static ArrayNode list(JsonNode value) {
    if (value instanceof ArrayNode array) {
      return array;
    }
    ArrayNode result = Json.mapper().createArrayNode();
    if (value.isTextual()) {
      for (String part : value.asText().split(",", -1)) {
        result.add(part.strip());
      }
    } else if (!value.isNull()) {
      result.add(Objects.requireNonNull(value));
    }
    return result;
  }
}
