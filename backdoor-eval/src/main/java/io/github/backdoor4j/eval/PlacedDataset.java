package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.spi.Registries;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which data set is meant, with which options, and where its files are. */
final class PlacedDataset {

  @Mixin private final DatasetArguments arguments = new DatasetArguments();

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "Folder with the files. Default: where 'fetch' puts them.")
  private @Nullable Path data;

  BoundData bind(Registries registries) {
    return arguments.bind(registries, Optional.ofNullable(data));
  }
}
