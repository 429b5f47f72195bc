package io.github.backdoor4j.eval;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.record.Options;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of {@code run} that make up its plan, as a tree in the form of a plan file. */
final class PlanFlags {

  @Option(
      names = "--dataset",
      paramLabel = "ID",
      completionCandidates = KnownIds.Datasets.class,
      description = "Data set, see 'backdoor4j list datasets'. Default: fashion-mnist (embedded).")
  private @Nullable String dataset;

  @Option(
      names = "-S",
      paramLabel = "KEY=VALUE",
      description = "An option of the data set, see 'backdoor4j describe ID'. Repeatable.")
  private Map<String, String> datasetOptions = new LinkedHashMap<>();

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "Folder with the data set's files, where it is not embedded.")
  private @Nullable String data;

  @Mixin private final ModelChoiceFlags model = new ModelChoiceFlags();

  @Option(names = "--epochs", paramLabel = "N", description = "Epochs of the victim's training.")
  private @Nullable Integer epochs;

  @Option(
      names = "-T",
      paramLabel = "KEY=VALUE",
      description =
          "A setting of the victim's training, e.g. -T batch_size=128 or -T schedule.kind=constant."
              + " Repeatable.")
  private Map<String, String> training = new LinkedHashMap<>();

  @Option(
      names = "--attack",
      paramLabel = "ID",
      completionCandidates = KnownIds.Attacks.class,
      description = "Attack, see 'backdoor4j list attacks'.")
  private @Nullable String attack;

  @Option(
      names = "-A",
      paramLabel = "KEY=VALUE",
      description = "An option of the attack, see 'backdoor4j describe ID'. Repeatable.")
  private Map<String, String> attackOptions = new LinkedHashMap<>();

  @Option(
      names = "--ratio",
      paramLabel = "R",
      description = "Share of the training set that is poisoned; short for -A ratio=R.")
  private @Nullable String ratio;

  @Option(
      names = "--target",
      paramLabel = "CLASS",
      description = "Class number that triggered images shall get; short for -A target=CLASS.")
  private @Nullable String target;

  @Option(
      names = "--defense",
      paramLabel = "ID",
      split = ",",
      completionCandidates = KnownIds.Defenses.class,
      description = "Defense, see 'backdoor4j list defenses'. Repeatable, or a list with commas.")
  private List<String> defenses = new ArrayList<>();

  @Option(
      names = "-D",
      paramLabel = "ID.KEY=VALUE",
      description = "An option of a defense, e.g. -D strip.samples=64. Repeatable.")
  private Map<String, String> defenseOptions = new LinkedHashMap<>();

  @Option(
      names = "--seeds",
      paramLabel = "N",
      split = ",",
      description = "Seeds, e.g. 0,1,2: one run each. Tables then show mean and deviation.")
  private List<String> seeds = new ArrayList<>();

  @Option(
      names = "--holdout",
      paramLabel = "R",
      description = "Share of the clean training set that a defender has, in [0, 1].")
  private @Nullable Double holdout;

  @Option(
      names = "--holdout-rule",
      paramLabel = "RULE",
      description =
          "How they are drawn: seeded, or benchmark for the rows that BackdoorBench uses.")
  private @Nullable String holdoutRule;

  @Option(
      names = "--runtime-inputs",
      paramLabel = "N",
      description = "Clean and triggered images that a run-time detector is shown, of each.")
  private @Nullable Integer runtimeInputs;

  @Option(
      names = "--watch",
      paramLabel = "N",
      description = "Test images measured after each epoch for the training curves; 0 for none.")
  private @Nullable Integer watch;

  @Option(
      names = "--control",
      negatable = true,
      description = "Also pass a model trained on clean data through the defenses. On by default.")
  private @Nullable Boolean control;

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      description = "auto, cpu, cuda or cuda:n. Default: auto.")
  private @Nullable String device;

  /**
   * What was given, in the form of a plan file; {@code dataset}, {@code model} and {@code attack}
   * may lack an id.
   */
  ObjectNode tree() {
    ObjectNode tree = PlanTrees.empty();
    putMethod(tree, "dataset", dataset, datasetOptions);
    putText(tree, "data", data);
    putText(tree, "device", device);
    putMethod(tree, "model", model.id().orElse(null), model.texts());
    putMethod(tree, "attack", attack, attackOptions());
    putTraining(tree);
    putList(tree, "defenses", defenses);
    putList(tree, "seeds", seeds);
    if (holdout != null) {
      tree.put("holdout_ratio", holdout);
    }
    putText(tree, "holdout_rule", holdoutRule);
    if (runtimeInputs != null) {
      tree.put("runtime_inputs", runtimeInputs);
    }
    if (watch != null) {
      tree.put("watch_images", watch);
    }
    if (control != null) {
      tree.put("control", control);
    }
    return tree;
  }

  /**
   * Options of defenses by the id they were given with.
   *
   * @param chosen ids and aliases that may be named
   */
  Map<String, ObjectNode> defenseOptions(List<String> chosen) {
    Map<String, ObjectNode> result = new LinkedHashMap<>();
    defenseOptions.forEach(
        (name, value) -> {
          String id = owner(name, chosen);
          ObjectNode options = result.computeIfAbsent(id, key -> PlanTrees.empty());
          PlanTrees.set(options, name.substring(id.length() + 1), Options.parse(value));
        });
    return result;
  }

  /** An outsider's id has dots of its own, so the longest id that fits is meant. */
  private static String owner(String name, List<String> chosen) {
    return chosen.stream()
        .filter(id -> name.startsWith(id + ".") && name.length() > id.length() + 1)
        .max(java.util.Comparator.comparingInt(String::length))
        .orElseThrow(
            () ->
                new UsageException(
                    "-D %s: an option of a defense is given as -D ID.KEY=VALUE with the id or alias"
                        + " of a defense, e.g. -D strip.samples=64; known, nearest first: %s.",
                    name,
                    String.join(
                        ", ",
                        io.github.backdoor4j.core.record.Names.nearest(
                            name.replaceFirst("\\..*", ""), chosen))));
  }

  private Map<String, String> attackOptions() {
    Map<String, String> all = new LinkedHashMap<>(attackOptions);
    putShort(all, "ratio", ratio);
    putShort(all, "target", target);
    return all;
  }

  private static void putShort(Map<String, String> all, String name, @Nullable String value) {
    if (value == null) {
      return;
    }
    String other = all.put(name, value);
    if (other != null && !other.equals(value)) {
      throw new UsageException(
          "--%s %s and -A %s=%s contradict each other; give one of them", name, value, name, other);
    }
  }

  private void putTraining(ObjectNode tree) {
    ObjectNode options = options(training);
    if (epochs != null) {
      options.put("epochs", epochs);
    }
    if (!options.isEmpty()) {
      tree.set("training", options);
    }
  }

  private static void putText(ObjectNode tree, String name, @Nullable String value) {
    if (value != null) {
      tree.put(name, value);
    }
  }

  private static void putMethod(
      ObjectNode tree, String name, @Nullable String id, Map<String, String> options) {
    if (id == null && options.isEmpty()) {
      return;
    }
    ObjectNode method = tree.putObject(name);
    putText(method, "id", id);
    method.set("options", options(options));
  }

  private static void putList(ObjectNode tree, String name, List<String> values) {
    if (!values.isEmpty()) {
      ArrayNode array = tree.putArray(name);
      values.forEach(value -> array.add(JsonNodeFactory.instance.textNode(value.strip())));
    }
  }

  /** A tree of {@code key=value} pairs whose keys may have dots. */
  static ObjectNode options(Map<String, String> texts) {
    ObjectNode tree = PlanTrees.empty();
    texts.forEach((name, text) -> PlanTrees.set(tree, name, Options.parse(text)));
    return tree;
  }
}
