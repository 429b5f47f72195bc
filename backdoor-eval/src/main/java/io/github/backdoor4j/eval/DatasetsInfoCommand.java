package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.record.Json;
import io.github.backdoor4j.core.tensor.TensorScope;
import java.util.concurrent.Callable;
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

  @Mixin private final PlacedDataset dataset = new PlacedDataset();

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  DatasetsInfoCommand(Cli cli) {
    this.cli = cli;
  }

  @Override
  public Integer call() {
    try (TensorScope scope = TensorScope.open()) {
      BoundData bound = dataset.bind(cli.registries());
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
