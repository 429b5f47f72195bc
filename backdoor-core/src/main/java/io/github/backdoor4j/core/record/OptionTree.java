package io.github.backdoor4j.core.record;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.base.Splitter;
import io.github.backdoor4j.core.UsageException;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The tree of an options record while values in it are replaced. It follows the record's types, so
 * that another {@code kind} of a nested record brings that kind's own options.
 */
final class OptionTree {

  /**
   * One value to set.
   *
   * @param path names joined by dots, in any spelling
   * @param text the value as the user wrote it, for options that are texts
   */
  record Given(String path, JsonNode value, String text) {

    String name() {
      return Names.snakeCase(path);
    }

    boolean choosesKind() {
      return name().endsWith("." + OptionKinds.PROPERTY);
    }
  }

  /** Where a value goes: a node, and the class whose components are its fields. */
  private record Place(ObjectNode node, @Nullable Class<?> type, String prefix) {}

  private final String owner;
  private final Class<?> type;
  private final ObjectNode root;

  /** Options of a newly chosen kind that have no value yet. */
  private final Set<String> missing = new LinkedHashSet<>();

  OptionTree(String owner, Record defaults) {
    this.owner = owner;
    this.type = defaults.getClass();
    this.root = Json.mapper().valueToTree(defaults);
  }

  /** A tree's values, one for each leaf; lists are leaves. */
  static List<Given> leaves(JsonNode tree) {
    List<Given> result = new ArrayList<>();
    collect("", tree, result);
    return result;
  }

  private static void collect(String prefix, JsonNode node, List<Given> into) {
    for (Map.Entry<String, JsonNode> entry : node.properties()) {
      String path = prefix + entry.getKey();
      JsonNode value = entry.getValue();
      if (value.isObject()) {
        collect(path + ".", value, into);
      } else {
        into.add(new Given(path, value, value.asText()));
      }
    }
  }

  /** The tree with all values in place. Kinds come first: they decide which options there are. */
  ObjectNode with(List<Given> overrides) {
    checkOnce(overrides);
    overrides.stream()
        .filter(Given::choosesKind)
        .sorted(Comparator.comparingInt(given -> given.path().length()))
        .forEach(this::choose);
    overrides.stream().filter(given -> !given.choosesKind()).forEach(this::set);
    if (!missing.isEmpty()) {
      throw new UsageException(
          "%s: another kind brings its own options; still missing: %s",
          owner, String.join(", ", missing));
    }
    return root;
  }

  private void checkOnce(List<Given> overrides) {
    Set<String> seen = new HashSet<>();
    for (Given given : overrides) {
      if (!seen.add(given.name())) {
        throw new UsageException("%s: option '%s' is given twice", owner, given.name());
      }
    }
  }

  private void choose(Given given) {
    String group = parentOf(given.name());
    Place place = find(group, given.path());
    String name = lastOf(group);
    Class<?> declared = componentType(place.type(), name);
    if (!place.node().path(name).has(OptionKinds.PROPERTY)
        || declared == null
        || !OptionKinds.has(declared)) {
      throw unknown(given.path(), place);
    }
    String kind = given.text();
    if (kind.equals(place.node().path(name).path(OptionKinds.PROPERTY).asText())) {
      return;
    }
    Class<?> chosen = OptionKinds.of(declared).get(kind);
    if (chosen == null) {
      throw new UsageException(
          "%s: option '%s' cannot be '%s'; allowed: %s",
          owner, given.path(), kind, OptionKinds.names(declared));
    }
    ObjectNode fresh = JsonNodeFactory.instance.objectNode().put(OptionKinds.PROPERTY, kind);
    for (RecordComponent component : chosen.getRecordComponents()) {
      String option = Names.snakeCase(component.getName());
      fresh.putNull(option);
      missing.add(group + "." + option);
    }
    place.node().set(name, fresh);
  }

  private void set(Given given) {
    String path = given.name();
    Place place = find(path, given.path());
    String name = lastOf(path);
    JsonNode old = place.node().get(name);
    if (old == null) {
      throw unknown(given.path(), place);
    }
    if (given.value().isNull()) {
      throw new UsageException(
          "%s: option '%s' has no value; leave it out for the default", owner, given.path());
    }
    if (old.isObject()) {
      throw new UsageException(
          "%s: option '%s' is a group and cannot be '%s'; set its options one by one: %s",
          owner, given.path(), given.text(), known(place(place, name)));
    }
    place.node().set(name, typed(componentType(place.type(), name), given));
    missing.remove(path);
  }

  private static JsonNode typed(@Nullable Class<?> wanted, Given given) {
    if (wanted == List.class && !given.value().isArray()) {
      return list(given.text());
    }
    return wanted == String.class && !given.value().isContainerNode()
        ? JsonNodeFactory.instance.textNode(given.text())
        : given.value();
  }

  /** A list as people write it on a command line: values with commas between, or one alone. */
  private static JsonNode list(String text) {
    ArrayNode values = JsonNodeFactory.instance.arrayNode();
    Splitter.on(',')
        .trimResults()
        .omitEmptyStrings()
        .split(text)
        .forEach(value -> values.add(Options.parse(value)));
    return values;
  }

  /** The node that holds the last name of a path. */
  private Place find(String path, String written) {
    Place place = new Place(root, type, "");
    String[] names = path.split("\\.", -1);
    for (int i = 0; i < names.length - 1; i++) {
      if (!(place.node().get(names[i]) instanceof ObjectNode)) {
        throw unknown(written, place);
      }
      place = place(place, names[i]);
    }
    return place;
  }

  private static Place place(Place outer, String name) {
    ObjectNode node = (ObjectNode) outer.node().get(name);
    Class<?> declared = componentType(outer.type(), name);
    Class<?> actual =
        declared != null && OptionKinds.has(declared)
            ? OptionKinds.of(declared).get(node.path(OptionKinds.PROPERTY).asText())
            : declared;
    return new Place(node, actual, outer.prefix() + name + ".");
  }

  private static @Nullable Class<?> componentType(@Nullable Class<?> record, String name) {
    if (record != null && record.isRecord()) {
      for (RecordComponent component : record.getRecordComponents()) {
        if (Names.snakeCase(component.getName()).equals(name)) {
          return component.getType();
        }
      }
    }
    return null;
  }

  private static String parentOf(String path) {
    return path.substring(0, path.lastIndexOf('.'));
  }

  private static String lastOf(String path) {
    return path.substring(path.lastIndexOf('.') + 1);
  }

  private UsageException unknown(String written, Place place) {
    if (place.node().isEmpty()) {
      return new UsageException("%s has no option '%s'; it has none there", owner, written);
    }
    return new UsageException(
        "%s has no option '%s'. Did you mean '%s'? %s: %s.",
        owner,
        written,
        suggestion(Names.snakeCase(written), place),
        place.prefix().isEmpty() ? "Its options" : "Options there",
        known(place));
  }

  /** The nearest name at the same place, or an option of that very name elsewhere. */
  private String suggestion(String path, Place place) {
    String last = lastOf(path);
    List<String> elsewhere =
        leaves(root).stream()
            .map(Given::path)
            .filter(option -> lastOf(option).equals(last))
            .toList();
    List<String> here = new ArrayList<>();
    place.node().fieldNames().forEachRemaining(here::add);
    String wanted =
        path.startsWith(place.prefix()) ? path.substring(place.prefix().length()) : path;
    return elsewhere.isEmpty()
        ? place.prefix() + Names.nearest(wanted, here).get(0)
        : elsewhere.get(0);
  }

  private static String known(Place place) {
    List<String> names = new ArrayList<>();
    place.node().fieldNames().forEachRemaining(names::add);
    return String.join(", ", names);
  }
}
