package io.github.backdoor4j.eval;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.backdoor4j.core.record.Json;
import io.github.backdoor4j.core.spi.DatasetSource;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Which data sets there are, and which of them are on this machine. */
@Command(
    name = "list",
    description = "List data sets and where their files are.",
    footer = {"", "Examples:", "  backdoor4j datasets list", "  backdoor4j datasets list --json"})
final class DatasetsListCommand implements Callable<Integer> {

  private static final int WIDTH = 60;

  private final Cli cli;

  @Option(names = "--json", description = "Print a JSON array.")
  private boolean json;

  DatasetsListCommand(Cli cli) {
    this.cli = cli;
  }

  @Override
  public Integer call() {
    Collection<DatasetSource<?>> sources = cli.registries().datasets().all();
    if (json) {
      ArrayNode array = Json.mapper().createArrayNode();
      sources.forEach(source -> array.add(tree(source)));
      cli.out().print(Json.writePretty(array));
      return 0;
    }
    TextTable table = TextTable.ofTexts("datasets", "files", "what");
    for (DatasetSource<?> source : sources) {
      List<String> lines = Text.wrap(source.description(), WIDTH);
      table.add(List.of(source.id(), state(source), lines.get(0)));
      lines.stream().skip(1).forEach(line -> table.add(List.of("", "", line)));
    }
    table.lines().forEach(cli.out()::println);
    return 0;
  }

  private static ObjectNode tree(DatasetSource<?> source) {
    ObjectNode node = Json.mapper().createObjectNode();
    node.put("id", source.id());
    node.set("aliases", Json.tree(source.aliases()));
    node.put("description", source.description());
    node.put("embedded", source.embedded());
    node.put("fetchable", fetchable(source));
    DataFolders.found(source).ifPresent(folder -> node.put("folder", folder.toString()));
    return node;
  }

  private static String state(DatasetSource<?> source) {
    if (source.embedded()) {
      return "embedded";
    }
    if (DataFolders.found(source).isPresent()) {
      return "here";
    }
    return fetchable(source) ? "fetch" : "--data DIR";
  }

  private static <O extends Record> boolean fetchable(DatasetSource<O> source) {
    return !source.downloads(source.defaults()).isEmpty();
  }
}
