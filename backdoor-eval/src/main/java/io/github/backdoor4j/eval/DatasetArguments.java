package io.github.backdoor4j.eval;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.backdoor4j.core.record.Options;
import io.github.backdoor4j.core.spi.DatasetSource;
import io.github.backdoor4j.core.spi.Registries;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Which data set is meant, with which options. */
final class DatasetArguments {

  @Parameters(
      paramLabel = "ID",
      completionCandidates = KnownIds.Datasets.class,
      description = "Id or alias, see 'backdoor4j datasets list'.")
  private String id = "";

  @Option(
      names = "-S",
      paramLabel = "KEY=VALUE",
      description = "An option of the data set, see 'backdoor4j describe ID'. Repeatable.")
  private Map<String, String> options = new LinkedHashMap<>();

  /** A source with a value of its options record. */
  record Choice(DatasetSource<Record> source, Record options) {}

  /** The source and its options, without looking at files. */
  @SuppressWarnings("unchecked") // options always come from the source's own defaults
  Choice choice(Registries registries) {
    DatasetSource<Record> source = (DatasetSource<Record>) registries.datasets().get(id);
    JsonNode given = PlanFlags.options(options);
    return new Choice(
        source, Options.bind("data set '" + source.id() + "'", source.defaults(), given));
  }

  /** The data set in a folder, or where it is found. */
  BoundData bind(Registries registries, Optional<Path> folder) {
    return BoundData.of(registries, new MethodChoice(id, PlanFlags.options(options)), folder);
  }
}
