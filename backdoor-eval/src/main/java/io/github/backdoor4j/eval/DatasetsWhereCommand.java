package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.Places;
import io.github.backdoor4j.core.data.DatasetCache;
import io.github.backdoor4j.core.nn.StartWeights;
import io.github.backdoor4j.core.spi.DatasetSource;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Where everything is. */
@Command(
    name = "where",
    description = {
      "Show the folders of fetched files and of decoded data.",
      "BACKDOOR4J_DATA and BACKDOOR4J_CACHE set them."
    },
    footer = {"", "Example:", "  backdoor4j datasets where"})
final class DatasetsWhereCommand implements Callable<Integer> {

  private final Cli cli;

  DatasetsWhereCommand(Cli cli) {
    this.cli = cli;
  }

  @Override
  public Integer call() {
    print("fetched files", Places.data().toString());
    for (DatasetSource<?> source : cli.registries().datasets().all()) {
      DataFolders.found(source).ifPresent(folder -> print("  " + source.id(), folder.toString()));
    }
    print("fetched weights", StartWeights.fetchedFolder().toString());
    DatasetCache cache = DatasetCache.standard();
    print("decoded data", DataFolders.sizeOf(cache));
    for (DatasetCache.Entry entry : cache.entries()) {
      print("  " + entry.dataset(), entry.file() + ", " + DataFolders.mebibytes(entry.bytes()));
    }
    return 0;
  }

  private void print(String label, String text) {
    cli.out().println(String.format(Locale.ROOT, "%-18s%s", label, text));
  }
}
