package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.Download;
import io.github.backdoor4j.core.Downloader;
import io.github.backdoor4j.core.spi.DatasetSource;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Gets the files of a data set. */
@Command(
    name = "fetch",
    description = {
      "Fetch the files of a data set over https, go on with what was broken off, and check size and"
          + " checksum.",
      "The proxy is that of the Java machine: BACKDOOR4J_OPTS=-Dhttps.proxyHost=..."
    },
    footer = {
      "",
      "Examples:",
      "  backdoor4j datasets fetch cifar10",
      "  backdoor4j datasets fetch cifar10 --dir /data/cifar10 --mirror https://example.org/files/"
    })
final class DatasetsFetchCommand implements Callable<Integer> {

  private final Cli cli;

  @Mixin private final DatasetArguments arguments = new DatasetArguments();

  @Mixin private final FetchFlags flags = new FetchFlags();

  DatasetsFetchCommand(Cli cli) {
    this.cli = cli;
  }

  @Override
  public Integer call() {
    DatasetArguments.Choice choice = arguments.choice(cli.registries());
    DatasetSource<Record> source = choice.source();
    Path folder = flags.folder(DataFolders.usual(source));
    List<Download> downloads = source.downloads(choice.options());
    DownloadText.terms(downloads).forEach(cli::say);
    cli.interruption().resumable();
    List<Downloader.Fetched> fetched;
    try (FetchProgress progress = cli.fetchProgress()) {
      fetched = source.prepare(folder, choice.options(), flags.downloader(progress));
    }
    fetched.forEach(file -> cli.out().println(DownloadText.fetched(downloads, file)));
    cli.out().println("All files of " + source.id() + " are in " + folder + ".");
    cli.out().println("Next: backdoor4j datasets info " + source.id() + dataFlag(source, folder));
    return 0;
  }

  /** Files elsewhere, and full sets of which a part is embedded, must be named. */
  private static String dataFlag(DatasetSource<?> source, Path folder) {
    boolean found = !source.embedded() && folder.equals(DataFolders.usual(source));
    return found ? "" : " --data " + folder;
  }
}
