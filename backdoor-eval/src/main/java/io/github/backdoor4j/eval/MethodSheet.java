package io.github.backdoor4j.eval;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.record.Json;
import io.github.backdoor4j.core.record.Names;
import io.github.backdoor4j.core.record.Options;
import io.github.backdoor4j.core.spi.DatasetSource;
import io.github.backdoor4j.core.spi.DefenseStrategy;
import io.github.backdoor4j.core.spi.MethodCard;
import io.github.backdoor4j.core.spi.NamedStrategy;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Everything to know of one method, data set or evaluator. */
final class MethodSheet {

  private static final int LABEL = 14;
  private static final int WIDTH = 84;

  private final Catalog.Item item;
  private final DatasetSpec data;

  /**
   * @param data whose defaults are shown
   */
  MethodSheet(Catalog.Item item, DatasetSpec data) {
    this.item = item;
    this.data = data;
  }

  /** As JSON. */
  ObjectNode json() {
    ObjectNode node = PlanTrees.empty();
    node.put("kind", item.kind().word());
    node.put("id", item.id());
    node.set("aliases", Json.tree(item.thing().aliases()));
    node.put("summary", item.summary());
    node.put("origin", item.origin());
    if (item.thing() instanceof NamedStrategy<?> strategy) {
      node.set("card", Json.tree(strategy.card()));
      node.put("defaults_for", data.id());
      node.set("options", Json.tree(Options.describe(strategy.defaults(data))));
    }
    if (item.thing() instanceof DefenseStrategy<?> defense) {
      node.set("needs", Json.tree(needs(defense)));
    }
    if (item.thing() instanceof DatasetSource<?> source) {
      source.published().ifPresent(spec -> node.set("dataset", Json.tree(spec)));
      node.set("options", Json.tree(Options.describe(source.defaults())));
    }
    return node;
  }

  private static Set<String> needs(DefenseStrategy<?> defense) {
    Set<String> needs = new TreeSet<>();
    defense.needs().forEach(need -> needs.add(Names.hyphenated(need)));
    return needs;
  }

  /** As lines for people. */
  List<String> lines() {
    List<String> lines = new ArrayList<>();
    List<String> aliases = item.thing().aliases();
    lines.add(
        item.id()
            + (aliases.isEmpty() ? "" : " (" + String.join(", ", aliases) + ")")
            + ", "
            + item.kind().word());
    lines.add("");
    facts().forEach((label, text) -> addFact(lines, label, text));
    if (item.thing() instanceof NamedStrategy<?> strategy) {
      addOptions(
          lines,
          "Options, with the defaults for " + data.id() + ":",
          Options.describe(strategy.defaults(data)));
    }
    if (item.thing() instanceof DatasetSource<?> source) {
      addOptions(lines, "Options:", Options.describe(source.defaults()));
    }
    return lines;
  }

  private Map<String, String> facts() {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("What", item.summary());
    if (item.thing() instanceof NamedStrategy<?> strategy) {
      addCard(facts, strategy.card());
    }
    if (item.thing() instanceof DefenseStrategy<?> defense) {
      facts.put("Needs", String.join(", ", needs(defense)));
    }
    if (item.thing() instanceof DatasetSource<?> source) {
      source.published().ifPresent(spec -> addData(facts, spec));
    }
    facts.put("From", item.origin());
    return facts;
  }

  private static void addCard(Map<String, String> facts, MethodCard card) {
    facts.put("Title", card.title());
    facts.put("Paper", card.paper());
    facts.put("Link", card.link());
    facts.put("Threat model", card.threatModel());
    facts.put("Stage", card.stage());
    facts.put("Cost", card.cost());
    int n = 0;
    for (String departure : card.departures()) {
      n++;
      facts.put(card.departures().size() == 1 ? "Departure" : "Departure " + n, departure);
    }
  }

  private static void addData(Map<String, String> facts, DatasetSpec spec) {
    facts.put("Images", spec.shape() + " (channels x rows x columns)");
    facts.put("Classes", spec.classes() + ": " + String.join(", ", spec.classNames()));
    facts.put("Mean", spec.normalization().mean().toString());
    facts.put("Deviation", spec.normalization().std().toString());
    facts.put(
        "Augmentation",
        "crop after padding by "
            + spec.augmentation().cropPadding()
            + " pixels, "
            + (spec.augmentation().horizontalFlip() ? "" : "no ")
            + "horizontal flip");
  }

  private static void addFact(List<String> lines, String label, String text) {
    if (text.isBlank()) {
      return;
    }
    List<String> wrapped = Text.wrap(text, WIDTH);
    for (int i = 0; i < wrapped.size(); i++) {
      String left = i == 0 ? label : "";
      lines.add(left + " ".repeat(LABEL - left.length()) + wrapped.get(i));
    }
  }

  private void addOptions(List<String> lines, String heading, List<Options.Description> options) {
    if (options.isEmpty()) {
      return;
    }
    lines.add("");
    TextTable table = TextTable.ofTexts("option", "default", "allowed");
    for (Options.Description option : options) {
      boolean group = option.type().equals("group");
      boolean plain = option.range().isEmpty() || option.range().equals(option.type());
      String allowed = option.type() + (plain ? "" : ", " + option.range());
      table.add(
          List.of(
              option.name(),
              group ? "" : option.value().asText(option.value().toString()),
              allowed));
    }
    lines.add(heading);
    lines.addAll(table.lines());
    lines.add("");
    options.forEach(option -> addDoc(lines, option));
    lines.add("");
    lines.add(usage());
  }

  private static void addDoc(List<String> lines, Options.Description option) {
    if (option.doc().isEmpty()) {
      return;
    }
    lines.add(option.name());
    Text.wrap(option.doc(), WIDTH).forEach(line -> lines.add("    " + line));
  }

  private String usage() {
    return switch (item.kind()) {
      case ATTACKS -> "Use: backdoor4j run --attack " + item.id() + " -A OPTION=VALUE";
      case DEFENSES ->
          "Use: backdoor4j run --attack badnets --defense "
              + item.id()
              + " -D "
              + item.id()
              + ".OPTION=VALUE";
      case MODELS -> "Use: backdoor4j run --model " + item.id() + " -M OPTION=VALUE";
      case DATASETS -> "Use: backdoor4j run --dataset " + item.id() + " -S OPTION=VALUE";
      case EVALUATORS -> "";
    };
  }
}
