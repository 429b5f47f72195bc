package io.github.backdoor4j.eval;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.github.backdoor4j.core.BackdoorException;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.record.Json;
import io.github.backdoor4j.core.record.Names;
import io.github.backdoor4j.core.spi.Named;
import io.github.backdoor4j.core.spi.Registries;
import io.github.backdoor4j.core.spi.StrategyRegistry;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Precision;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/** Makes a plan out of a preset, a plan file over it, and flags over both. */
final class PlanReader {

  private static final List<String> KEYS =
      Arrays.stream(RunPlan.class.getRecordComponents())
          .map(RecordComponent::getName)
          .map(Names::snakeCase)
          .toList();

  private final Registries registries;

  PlanReader(Registries registries) {
    this.registries = registries;
  }

  /**
   * The plan.
   *
   * @param preset its name
   * @param file tree of the plan file
   * @param flags tree of the command line; its {@code dataset}, {@code model} and {@code attack}
   *     may lack the id
   * @param defenseOptions options by id or alias for defenses that the plan has
   * @throws UsageException if a name is unknown or a value not allowed
   */
  RunPlan read(
      String preset, ObjectNode file, ObjectNode flags, Map<String, ObjectNode> defenseOptions) {
    ObjectNode base = Presets.tree(preset);
    JsonNode methods = base.remove("methods");
    ObjectNode plan = normalize(base, "preset " + preset, false);
    plan = overlay(plan, normalize(file, "the plan file", true));
    plan = overlay(plan, normalize(flags, "the command line", true));
    addDefenseOptions(plan.path("defenses"), defenseOptions);
    plan.put("preset", preset);
    plan.putIfAbsent("data", TextNode.valueOf(""));
    requireAttack(plan);
    addMethodOptions(plan, methods);
    followEpochs(plan);
    choosePrecision(plan, plan.path("device").asText("auto"));
    return convert(plan);
  }

  /**
   * Known names only, methods as {@code {id, options}}, lists as lists.
   *
   * @param lookUp whether ids are looked up and aliases replaced; those of a preset may be replaced
   *     before anybody needs them
   */
  private ObjectNode normalize(ObjectNode tree, String origin, boolean lookUp) {
    ObjectNode result = PlanTrees.empty();
    for (Map.Entry<String, JsonNode> entry : tree.properties()) {
      String key = Names.snakeCase(entry.getKey());
      if (!KEYS.contains(key)) {
        throw new UsageException(
            "%s has the unknown field '%s'. Did you mean '%s'? Known: %s.",
            origin, entry.getKey(), nearest(key), String.join(", ", KEYS));
      }
      result.set(key, field(key, entry.getValue(), lookUp));
    }
    return result;
  }

  private static String nearest(String key) {
    return KEYS.stream()
        .filter(known -> known.startsWith(key))
        .findFirst()
        .orElseGet(() -> Names.nearest(key, KEYS).get(0));
  }

  private JsonNode field(String key, JsonNode value, boolean lookUp) {
    return switch (key) {
      case "dataset" -> method(ids(registries.datasets(), lookUp), value);
      case "model" -> method(ids(registries.architectures(), lookUp), value);
      case "attack" -> method(ids(registries.attacks(), lookUp), value);
      case "defenses" -> defenses(ids(registries.defenses(), lookUp), value);
      case "seeds" -> seeds(value);
      case "training" -> objectOrEmpty(key, value);
      default -> value;
    };
  }

  private static UnaryOperator<String> ids(StrategyRegistry<?> registry, boolean lookUp) {
    return name -> lookUp ? registry.get(name).id() : name;
  }

  private static ObjectNode objectOrEmpty(String key, JsonNode value) {
    if (value.isNull()) {
      return PlanTrees.empty();
    }
    if (value instanceof ObjectNode object) {
      return object;
    }
    throw new UsageException(
        "%s must be a group of 'name: value' pairs, but is '%s'", key, value.asText());
  }

  private static ArrayNode seeds(JsonNode value) {
    ArrayNode result = Json.mapper().createArrayNode();
    for (JsonNode seed : PlanTrees.list(value)) {
      try {
        result.add(Long.parseLong(seed.asText().strip()));
      } catch (NumberFormatException e) {
        throw new UsageException(
            e, "seeds must be whole numbers such as 0,1,2, but one is '%s'", seed.asText());
      }
    }
    return result;
  }

  private static ArrayNode defenses(UnaryOperator<String> ids, JsonNode value) {
    ArrayNode result = Json.mapper().createArrayNode();
    for (JsonNode choice : PlanTrees.list(value)) {
      result.add(method(ids, choice));
    }
    return result;
  }

  private static ObjectNode method(UnaryOperator<String> ids, JsonNode node) {
    ObjectNode result = PlanTrees.empty();
    if (node.isObject() && !node.has("id") && node.has("options")) { // flags name options alone
      return result.set("options", objectOrEmpty("options", node.get("options")));
    }
    MethodChoice choice = MethodChoice.read(node);
    result.put("id", ids.apply(choice.id()));
    result.set("options", choice.options());
    return result;
  }

  private static ObjectNode overlay(ObjectNode under, ObjectNode over) {
    ObjectNode result = under.deepCopy();
    for (Map.Entry<String, JsonNode> entry : over.properties()) {
      JsonNode before = result.path(entry.getKey());
      JsonNode value = entry.getValue();
      result.set(
          entry.getKey(),
          switch (entry.getKey()) {
            case "dataset", "model", "attack" -> overlayMethod(before, value);
            case "training" -> PlanTrees.merge(before, value);
            default -> value;
          });
    }
    return result;
  }

  /** Options of one method say nothing about another. */
  private static JsonNode overlayMethod(JsonNode before, JsonNode value) {
    boolean same = !value.has("id") || value.get("id").equals(before.path("id"));
    return same ? PlanTrees.merge(before, value) : value;
  }

  private void addDefenseOptions(JsonNode defenses, Map<String, ObjectNode> options) {
    options.forEach(
        (name, values) -> {
          String id = registries.defenses().get(name).id();
          boolean found = false;
          for (JsonNode choice : defenses) {
            if (choice.path("id").asText().equals(id)) {
              ObjectNode object = (ObjectNode) choice;
              object.set("options", PlanTrees.merge(object.path("options"), values));
              found = true;
            }
          }
          if (!found) {
            throw new UsageException(
                "options are given for defense '%s', but the run has no such defense. Add --defense"
                    + " %s.",
                name, id);
          }
        });
  }

  private void requireAttack(ObjectNode plan) {
    if (!plan.path("attack").has("id")) {
      throw new UsageException(
          "a run needs an attack: give --attack ID, or 'attack' in the plan file. Known: %s.",
          registries.attacks().all().stream().map(Named::id).collect(Collectors.joining(", ")));
    }
  }

  private static void addMethodOptions(ObjectNode plan, JsonNode methods) {
    addUnder((ObjectNode) plan.path("model"), methods);
    addUnder((ObjectNode) plan.path("attack"), methods);
    plan.path("defenses").forEach(choice -> addUnder((ObjectNode) choice, methods));
  }

  private static void addUnder(ObjectNode choice, JsonNode methods) {
    JsonNode preset = methods.path(choice.path("id").asText());
    choice.set("options", PlanTrees.merge(preset, choice.path("options")));
  }

  /** The text {@code epochs} as a schedule's period stands for the training's number of epochs. */
  private static void followEpochs(JsonNode node) {
    node.forEach(PlanReader::followEpochs);
    if (node.path("schedule") instanceof ObjectNode schedule
        && schedule.path("period").asText().equals("epochs")) {
      JsonNode epochs = node.path("epochs");
      if (!epochs.canConvertToInt()) {
        throw new UsageException(
            "epochs must be a whole number where a schedule follows it, but was '%s'",
            epochs.asText());
      }
      schedule.put("period", Math.max(1, epochs.asInt()));
    }
  }

  /**
   * The text {@code auto} as a precision stands for the faster one on the plan's device, so that
   * records name the one that was used.
   */
  private static void choosePrecision(JsonNode node, String device) {
    node.forEach(child -> choosePrecision(child, device));
    for (Map.Entry<String, JsonNode> entry : List.copyOf(node.properties())) {
      String name = Names.snakeCase(entry.getKey());
      boolean precision = name.equals("precision") || name.endsWith(".precision");
      if (precision && entry.getValue().asText().equalsIgnoreCase("auto")) {
        Precision fastest = Precision.fastest(ComputeDevice.parse(device));
        ((ObjectNode) node).put(entry.getKey(), Names.hyphenated(fastest));
      }
    }
  }

  private static RunPlan convert(ObjectNode plan) {
    try {
      return Json.mapper().treeToValue(plan, RunPlan.class);
    } catch (JsonProcessingException e) {
      for (Throwable cause = e; cause != null; cause = cause.getCause()) {
        if (cause instanceof BackdoorException ours) {
          throw new UsageException(ours, "%s", ours.getMessage());
        }
      }
      String field =
          e instanceof JsonMappingException mapping
              ? mapping.getPath().stream()
                  .map(reference -> String.valueOf(reference.getFieldName()))
                  .collect(Collectors.joining("."))
              : "the plan";
      throw new UsageException(e, "%s: %s", field, e.getOriginalMessage());
    }
  }
}
