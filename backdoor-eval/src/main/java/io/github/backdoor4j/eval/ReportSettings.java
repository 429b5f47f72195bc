package io.github.backdoor4j.eval;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.github.backdoor4j.core.record.Json;
import io.github.backdoor4j.core.record.Names;
import io.github.backdoor4j.core.record.Provenance;
import io.github.backdoor4j.eval.OptionList.Option;
import io.github.backdoor4j.eval.ResultRecord.CellSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Everything that the numbers depend on, as lists of names and values. */
final class ReportSettings {

  /** Options under a heading. */
  record Group(String title, List<Option> options) {}

  private ReportSettings() {}

  /** What was chosen: data, model, training, attack, defenses. */
  static List<Group> chosen(RunResult result, ReportCells cells, ReportMethods methods) {
    List<Group> groups = new ArrayList<>();
    if (!result.records().isEmpty()) {
      CellSpec spec = result.records().get(0).spec();
      groups.add(new Group("Run", run(result.plan())));
      groups.add(new Group("Data", data(spec)));
      groups.add(new Group("Model: " + spec.model(), OptionList.of(spec.modelOptions())));
      groups.add(new Group("Training", OptionList.of(spec.training())));
      groups.add(
          new Group(
              "Attack: " + methods.attack(spec.attack()), OptionList.of(spec.attackOptions())));
    }
    for (ReportCells.Defense defense : cells.defenses()) {
      groups.add(
          new Group(
              "Defense: " + methods.defense(defense.id()),
              OptionList.of(defense.attacked().spec().defenseOptions())));
    }
    return groups;
  }

  private static List<Option> run(RunPlan plan) {
    return List.of(
        new Option("preset", plan.preset()),
        new Option("seeds", plan.seeds().stream().map(String::valueOf).collect(joined())),
        new Option("holdout_ratio", Double.toString(plan.holdoutRatio())),
        new Option("holdout_rule", Names.hyphenated(plan.holdoutRule())),
        new Option("runtime_inputs", ReportText.count(plan.runtimeInputs())),
        new Option("watch_images", ReportText.count(plan.watchImages())),
        new Option("control", Boolean.toString(plan.control())),
        new Option("device", plan.device()));
  }

  private static List<Option> data(CellSpec spec) {
    List<Option> lines = new ArrayList<>();
    lines.add(new Option("dataset", spec.dataset()));
    lines.addAll(OptionList.of(spec.datasetOptions()));
    lines.add(new Option("training_hash", spec.trainingHash()));
    lines.add(new Option("test_hash", spec.testHash()));
    return lines;
  }

  /** Where the numbers come from; several values where the records disagree. */
  static List<Option> provenance(List<ResultRecord> records) {
    List<Option> lines = new ArrayList<>();
    add(lines, "Backdoor4J", records, Provenance::version);
    add(lines, "commit", records, Provenance::commit);
    add(lines, "engine", records, Provenance::engine);
    add(lines, "CPU capability", records, Provenance::cpuCapability);
    add(lines, "device", records, Provenance::device);
    add(lines, "threads", records, provenance -> Integer.toString(provenance.threads()));
    add(lines, "Java", records, Provenance::java);
    add(lines, "system", records, Provenance::os);
    return lines;
  }

  private static void add(
      List<Option> lines,
      String name,
      List<ResultRecord> records,
      Function<Provenance, String> field) {
    String values =
        records.stream().map(ResultRecord::provenance).map(field).distinct().collect(joined());
    lines.add(new Option(name, values));
  }

  private static java.util.stream.Collector<CharSequence, ?, String> joined() {
    return Collectors.joining(", ");
  }

  /** The plan in the form that the command line reads. */
  static String yaml(RunPlan plan) {
    YAMLMapper mapper =
        Json.configure(
                YAMLMapper.builder()
                    .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
                    .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
                    .disable(YAMLGenerator.Feature.SPLIT_LINES))
            .build();
    try {
      ObjectNode tree = mapper.valueToTree(plan);
      for (Map.Entry<String, JsonNode> field : tree.properties()) {
        field.setValue(brief(field.getValue()));
      }
      return mapper.writeValueAsString(tree);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a plan is always YAML", e);
    }
  }

  /** A method without options is its id alone, also in a list. */
  private static JsonNode brief(JsonNode node) {
    if (node instanceof ArrayNode list) {
      ArrayNode result = list.arrayNode();
      list.forEach(item -> result.add(brief(item)));
      return result;
    }
    return node.has("id") && node.path("options").isEmpty() ? node.path("id") : node;
  }
}
