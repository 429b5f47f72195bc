package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.record.Json;
import io.github.backdoor4j.core.tensor.TensorScope;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What is in a data set. */
@Command(
    name = "info",
    description =
        "Load a data set and show its classes, how many images each has, mean and deviation as"
            + " published and as measured, hashes, files and terms of use.",
    footer = {
      "",
      "Examples:",
      "  backdoor4j datasets info fashion-mnist",
      "  backdoor4j datasets info cifar10 --data /data/cifar10 --json"
    })
final class DatasetsInfoCommand implements Callable<Integer> {

  private final Cli cli;

  @Mixin private final DatasetArguments arguments = new DatasetArguments();

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "Folder with the files. Default: where 'fetch' puts them.")
  private @Nullable Path data;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  DatasetsInfoCommand(Cli cli) {
    this.cli = cli;
  }

  @Override
  public Integer call() {
    try (TensorScope scope = TensorScope.open()) {
      BoundData bound = arguments.bind(cli.registries(), Optional.ofNullable(data));
      DatasetSheet sheet = DatasetSheet.of(bound);
      if (json) {
        cli.out().print(Json.writePretty(sheet));
      } else {
        sheet.lines().forEach(cli.out()::println);
      }
    }
    return 0;
  }
}
