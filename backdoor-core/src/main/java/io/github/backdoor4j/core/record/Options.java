package io.github.backdoor4j.core.record;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.github.backdoor4j.core.BackdoorException;
import io.github.backdoor4j.core.UsageException;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

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
   * @param overrides texts by name; a value is read as JSON where it is JSON, else as text. A JSON
   *     object replaces what it names within a group
   * @throws UsageException if a name is unknown, a value is not allowed, or a group was given
   *     another kind without all of its options
   */
  public static <O extends Record> O bind(String owner, O defaults, Map<String, String> overrides) {
    List<OptionTree.Given> all = new ArrayList<>();
    overrides.forEach((name, text) -> all.addAll(read(name, text)));
    return convert(owner, new OptionTree(owner, defaults).with(all), defaults);
  }

  private static List<OptionTree.Given> read(String name, String text) {
    JsonNode value = parse(text);
    return value.isObject()
        ? OptionTree.leaves(Json.mapper().createObjectNode().set(name, value))
        : List.of(new OptionTree.Given(name, value, value.isTextual() ? value.asText() : text));
  }

  /**
   * The defaults with the fields of a tree replaced. The tree may be nested, or have dots in its
   * names, or both.
   *
   * @throws UsageException as for texts
   */
  public static <O extends Record> O bind(String owner, O defaults, JsonNode overrides) {
    if (!overrides.isObject() && !overrides.isNull() && !overrides.isMissingNode()) {
      throw new UsageException(
          "%s: options are given as names with values, not as '%s'", owner, overrides.asText());
    }
    List<OptionTree.Given> all = OptionTree.leaves(overrides);
    return convert(owner, new OptionTree(owner, defaults).with(all), defaults);
  }

  /** A value given as text: what it means as JSON if all of it is JSON, else the text itself. */
  public static JsonNode parse(String text) {
    try {
      JsonNode node = Json.mapper().readTree(text);
      return node.isMissingNode() ? new TextNode(text) : node;
    } catch (JsonProcessingException e) {
      return new TextNode(text);
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
      throw new UsageException(e, "%s: %s", owner, explain(e, tree));
    }
  }

  private static String explain(JsonProcessingException e, JsonNode tree) {
    if (!(e instanceof JsonMappingException mapping)) {
      return e.getOriginalMessage();
    }
    StringBuilder path = new StringBuilder();
    JsonNode value = tree;
    for (JsonMappingException.Reference step : mapping.getPath()) {
      boolean field = step.getFieldName() != null;
      path.append(field ? "." + step.getFieldName() : "[" + step.getIndex() + "]");
      value = field ? value.path(step.getFieldName()) : value.path(step.getIndex());
    }
    String name = path.isEmpty() ? "" : path.substring(1);
    Class<?> type = e instanceof MismatchedInputException input ? input.getTargetType() : null;
    return type == null || value.isObject()
        ? "option '" + name + "': " + e.getOriginalMessage()
        : "option '" + name + "' cannot be " + value + "; allowed: " + typeName(type);
  }

  private static String constants(Class<?> type) {
    return Arrays.stream(type.getEnumConstants())
        .map(constant -> Names.hyphenated((Enum<?>) constant))
        .collect(Collectors.joining(" | "));
  }

  /**
   * Every option of a record, nested records flattened with dots. A group that comes in kinds is
   * shown with the options of its present kind.
   */
  public static List<Description> describe(Record defaults) {
    List<Description> result = new ArrayList<>();
    JsonNode tree = Json.tree(defaults);
    for (RecordComponent component : defaults.getClass().getRecordComponents()) {
      String name = Names.snakeCase(component.getName());
      Doc doc = component.getAnnotation(Doc.class);
      Class<?> type = component.getType();
      result.add(
          new Description(
              name,
              typeName(type),
              tree.path(name),
              doc == null ? "" : doc.range(),
              doc == null ? "" : doc.value()));
      if (OptionKinds.has(type)) {
        result.add(kind(name, type, tree));
      }
      if (valueOf(component, defaults) instanceof Record nested) {
        describe(nested).forEach(inner -> result.add(within(name, inner)));
      }
    }
    return result;
  }

  private static Description kind(String group, Class<?> type, JsonNode tree) {
    return new Description(
        group + "." + OptionKinds.PROPERTY,
        OptionKinds.names(type),
        tree.path(group).path(OptionKinds.PROPERTY),
        "",
        "which kind; another one needs all of its own options");
  }

  private static @Nullable Object valueOf(RecordComponent component, Record record) {
    try {
      return component.getAccessor().invoke(record);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("options records must be public: " + record.getClass(), e);
    }
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
