package io.github.backdoor4j.eval;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.record.Json;
import io.github.backdoor4j.core.spi.Registries;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** All about one thing. */
@Command(
    name = "describe",
    description =
        "Show the card of an attack, defense, model, data set or evaluator: paper, threat model,"
            + " what it needs, options with what is allowed and defaults.",
    footer = {"", "Examples:", "  backdoor4j describe badnets", "  backdoor4j describe fp --json"})
final class DescribeCommand implements Callable<Integer> {

  private final Cli cli;

  @Parameters(paramLabel = "ID", description = "Id or alias, see 'backdoor4j list'.")
  private String id = "";

  @Option(
      names = "--dataset",
      paramLabel = "ID",
      completionCandidates = KnownIds.Datasets.class,
      description = "Data set whose defaults are shown. Default: ${DEFAULT-VALUE}.",
      defaultValue = "fashion-mnist")
  private String dataset = "";

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  DescribeCommand(Cli cli) {
    this.cli = cli;
  }

  @Override
  public Integer call() {
    Registries registries = cli.registries();
    List<Catalog.Item> items = new Catalog(registries).find(id);
    DatasetSpec data = BoundData.of(registries, MethodChoice.of(dataset), Optional.empty()).spec();
    List<MethodSheet> sheets = items.stream().map(item -> new MethodSheet(item, data)).toList();
    if (json) {
      cli.out().print(Json.writePretty(tree(sheets)));
    } else {
      for (MethodSheet sheet : sheets) {
        sheet.lines().forEach(cli.out()::println);
      }
    }
    return 0;
  }

  /** An object; an array only if one id names things of several kinds. */
  private static JsonNode tree(List<MethodSheet> sheets) {
    if (sheets.size() == 1) {
      return sheets.get(0).json();
    }
    ArrayNode array = Json.mapper().createArrayNode();
    sheets.forEach(sheet -> array.add(sheet.json()));
    return array;
  }
}
