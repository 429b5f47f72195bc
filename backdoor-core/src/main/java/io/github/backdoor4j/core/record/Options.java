package io.github.backdoor4j.core.record;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.exc.InvalidFormatException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.backdoor4j.core.BackdoorException;
import io.github.backdoor4j.core.UsageException;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Binds texts and trees to option records, starting from a record of defaults. Nested records are
 * reached with dots: {@code training.optimizer.learning_rate}. Unknown names are refused with the
 * nearest known one.
 */
public final class Options {

  /**
   * One option as shown to people.
   *
   * @param name in snake_case
   * @param type for example {@code number} or {@code paper | backdoorbench}
   * @param value the default, as JSON
   * @param range what is allowed
   * @param doc what it does
   */
  public record Description(String name, String type, JsonNode value, String range, String doc) {}

  private Options() {}

  /**
   * The defaults with some values replaced.
   *
   * @param owner whose options these are, for messages
   * @param overrides texts by name; a value is read as JSON where it is JSON, else as text
   * @throws UsageException if a name is unknown or a value is not allowed
   */
  public static <O extends Record> O bind(String owner, O defaults, Map<String, String> overrides) {
    ObjectNode tree = Json.mapper().valueToTree(defaults);
    overrides.forEach((name, text) -> set(owner, tree, name, parse(text)));
    return convert(owner, tree, defaults);
  }

  /** The defaults with the fields of a tree, which may be nested, replaced. */
  public static <O extends Record> O bind(String owner, O defaults, JsonNode overrides) {
    ObjectNode tree = Json.mapper().valueToTree(defaults);
    merge(owner, tree, "", overrides);
    return convert(owner, tree, defaults);
  }

  private static void merge(String owner, ObjectNode tree, String prefix, JsonNode overrides) {
    for (Map.Entry<String, JsonNode> entry : overrides.properties()) {
      String name = prefix + entry.getKey();
      boolean nested = entry.getValue().isObject() && !entry.getValue().has("kind");
      if (nested) {
        merge(owner, tree, name + ".", entry.getValue());
      } else {
        set(owner, tree, name, entry.getValue());
      }
    }
  }

  private static void set(String owner, ObjectNode root, String path, JsonNode value) {
    ObjectNode node = root;
    String[] parts = path.split("\\.", -1);
    for (int i = 0; i < parts.length; i++) {
      String name = Names.snakeCase(parts[i]);
      if (!node.has(name)) {
        throw unknown(owner, path, node);
      }
      if (i == parts.length - 1) {
        node.set(name, value);
      } else if (node.get(name) instanceof ObjectNode child) {
        node = child;
      } else {
        throw unknown(owner, path, node);
      }
    }
  }

  private static UsageException unknown(String owner, String path, ObjectNode node) {
    List<String> known = new ArrayList<>();
    node.fieldNames().forEachRemaining(known::add);
    String last = path.substring(path.lastIndexOf('.') + 1);
    List<String> nearest = Names.nearest(Names.snakeCase(last), known);
    return new UsageException(
        "%s has no option '%s'. %sIts options: %s.",
        owner,
        path,
        nearest.isEmpty() ? "" : "Did you mean '" + nearest.get(0) + "'? ",
        String.join(", ", known));
  }

  private static JsonNode parse(String text) {
    ObjectMapper mapper = Json.mapper();
    try {
      JsonNode node = mapper.readTree(text);
      return node == null || node.isMissingNode() ? mapper.getNodeFactory().textNode(text) : node;
    } catch (JsonProcessingException e) {
      return mapper.getNodeFactory().textNode(text);
    }
  }

  @SuppressWarnings("unchecked") // the tree was made from a value of this very class
  private static <O extends Record> O convert(String owner, ObjectNode tree, O defaults) {
    try {
      return (O) Json.mapper().treeToValue(tree, defaults.getClass());
    } catch (JsonProcessingException e) {
      for (Throwable cause = e; cause != null; cause = cause.getCause()) {
        if (cause instanceof BackdoorException ours) {
          throw new UsageException(ours, "%s: %s", owner, ours.getMessage());
        }
      }
      throw new UsageException(e, "%s: %s", owner, explain(e));
    }
  }

  private static String explain(JsonProcessingException e) {
    if (e instanceof com.fasterxml.jackson.databind.JsonMappingException mapping) {
      String path =
          mapping.getPath().stream()
              .map(reference -> String.valueOf(reference.getFieldName()))
              .collect(Collectors.joining("."));
      if (e instanceof InvalidFormatException format) {
        Class<?> type = format.getTargetType();
        return String.format(
            java.util.Locale.ROOT,
            "option '%s' cannot be '%s'; allowed: %s",
            path,
            format.getValue(),
            type.isEnum() ? constants(type) : typeName(type));
      }
      return "option '" + path + "': " + e.getOriginalMessage();
    }
    return e.getOriginalMessage();
  }

  private static String constants(Class<?> type) {
    return Arrays.stream(type.getEnumConstants())
        .map(constant -> Names.hyphenated((Enum<?>) constant))
        .collect(Collectors.joining(" | "));
  }

  /** Every option of a record, nested records flattened with dots. */
  public static List<Description> describe(Record defaults) {
    List<Description> result = new ArrayList<>();
    JsonNode tree = Json.tree(defaults);
    for (RecordComponent component : defaults.getClass().getRecordComponents()) {
      String name = Names.snakeCase(component.getName());
      Doc doc = component.getAnnotation(Doc.class);
      result.add(
          new Description(
              name,
              typeName(component.getType()),
              tree.path(name),
              doc == null ? "" : doc.range(),
              doc == null ? "" : doc.value()));
      try {
        if (component.getType().isRecord()
            && component.getAccessor().invoke(defaults) instanceof Record nested) {
          describe(nested).forEach(inner -> result.add(within(name, inner)));
        }
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException(
            "options records must be public: " + defaults.getClass(), e);
      }
    }
    return result;
  }

  private static Description within(String outer, Description inner) {
    return new Description(
        outer + "." + inner.name(), inner.type(), inner.value(), inner.range(), inner.doc());
  }

  private static String typeName(Class<?> type) {
    if (type.isEnum()) {
      return constants(type);
    }
    if (type == int.class || type == long.class || type == Integer.class || type == Long.class) {
      return "integer";
    }
    if (type == double.class || type == float.class || type == Double.class) {
      return "number";
    }
    if (type == boolean.class || type == Boolean.class) {
      return "true | false";
    }
    if (type == String.class || type == java.nio.file.Path.class) {
      return "text";
    }
    return java.util.Collection.class.isAssignableFrom(type) ? "list" : "group";
  }
}
