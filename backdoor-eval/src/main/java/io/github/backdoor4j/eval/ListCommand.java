package io.github.backdoor4j.eval;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.record.Json;
import io.github.backdoor4j.core.record.Names;
import io.github.backdoor4j.core.spi.NamedStrategy;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What there is. */
@Command(
    name = "list",
    description = "List attacks, defenses, evaluators, models or datasets; without a kind, all.",
    footer = {
      "",
      "Examples:",
      "  backdoor4j list",
      "  backdoor4j list defenses",
      "  backdoor4j list attacks --json"
    })
final class ListCommand implements Callable<Integer> {

  private static final int SUMMARY_WIDTH = 68;

  private final Cli cli;

  @Parameters(
      arity = "0..1",
      paramLabel = "KIND",
      completionCandidates = Kinds.class,
      description = "attacks, defenses, evaluators, models or datasets.")
  private @Nullable String kindName;

  @Option(names = "--json", description = "Print a JSON array.")
  private boolean json;

  ListCommand(Cli cli) {
    this.cli = cli;
  }

  @Override
  public Integer call() {
    List<Catalog.Kind> kinds = kinds();
    Catalog catalog = new Catalog(cli.registries());
    if (json) {
      List<Catalog.Item> items =
          kinds.stream().flatMap(kind -> catalog.items(kind).stream()).toList();
      cli.out().print(Json.writePretty(array(items)));
    } else {
      print(catalog, kinds);
    }
    catalog.failures().forEach(failure -> cli.err().println("could not be loaded: " + failure));
    return 0;
  }

  private List<Catalog.Kind> kinds() {
    if (kindName == null) {
      return List.of(Catalog.Kind.values());
    }
    String wanted = kindName.toLowerCase(Locale.ROOT);
    for (Catalog.Kind kind : Catalog.Kind.values()) {
      if (wanted.equals(plural(kind)) || wanted.equals(kind.word())) {
        return List.of(kind);
      }
    }
    throw new UsageException(
        "there is no kind '%s' to list. Known, nearest first: %s.",
        kindName, String.join(", ", Names.nearest(wanted, new Kinds().names())));
  }

  private static String plural(Catalog.Kind kind) {
    return kind.name().toLowerCase(Locale.ROOT);
  }

  /** The kinds, for completion. */
  static final class Kinds implements Iterable<String> {

    List<String> names() {
      return Arrays.stream(Catalog.Kind.values()).map(ListCommand::plural).toList();
    }

    @Override
    public Iterator<String> iterator() {
      return names().iterator();
    }
  }

  private static ArrayNode array(List<Catalog.Item> items) {
    ArrayNode array = Json.mapper().createArrayNode();
    for (Catalog.Item item : items) {
      ObjectNode node = array.addObject();
      node.put("kind", item.kind().word());
      node.put("id", item.id());
      node.set("aliases", Json.tree(item.thing().aliases()));
      node.put("summary", item.summary());
      if (item.thing() instanceof NamedStrategy<?> strategy) {
        node.put("title", strategy.card().title());
        node.put("stage", strategy.card().stage());
      }
      node.put("origin", item.origin());
    }
    return array;
  }

  private void print(Catalog catalog, List<Catalog.Kind> kinds) {
    for (Catalog.Kind kind : kinds) {
      TextTable table = TextTable.ofTexts(plural(kind), "alias", "what");
      for (Catalog.Item item : catalog.items(kind)) {
        List<String> lines = Text.wrap(item.summary(), SUMMARY_WIDTH);
        table.add(List.of(item.id(), String.join(", ", item.thing().aliases()), lines.get(0)));
        lines.stream().skip(1).forEach(line -> table.add(List.of("", "", line)));
      }
      table.lines().forEach(cli.out()::println);
      cli.out().println();
    }
    cli.out().println("'backdoor4j describe ID' tells more of one.");
  }
}
