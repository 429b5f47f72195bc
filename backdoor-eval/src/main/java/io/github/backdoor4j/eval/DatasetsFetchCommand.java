package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.Download;
import io.github.backdoor4j.core.Downloader;
import io.github.backdoor4j.core.spi.DatasetSource;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

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

  @Option(
      names = "--dir",
      paramLabel = "DIR",
      description = "Folder for the files. Default: see 'backdoor4j datasets where'.")
  private @Nullable Path dir;

  @Option(
      names = "--mirror",
      paramLabel = "URI",
      description = "Folder on another server with the same files, asked first. Repeatable.")
  private List<URI> mirrors = new ArrayList<>();

  @Option(
      names = "--offline",
      description = "Only check what is there. Always so if BACKDOOR4J_OFFLINE is set.")
  private boolean offline;

  DatasetsFetchCommand(Cli cli) {
    this.cli = cli;
  }

  @Override
  public Integer call() {
    DatasetArguments.Choice choice = arguments.choice(cli.registries());
    DatasetSource<Record> source = choice.source();
    Path folder = dir == null ? DataFolders.usual(source) : dir;
    List<Download> downloads = source.downloads(choice.options());
    DownloadText.terms(downloads).forEach(cli::say);
    cli.interruption().resumable();
    List<Downloader.Fetched> fetched;
    try (FetchProgress progress = cli.fetchProgress()) {
      fetched = source.prepare(folder, choice.options(), downloader(progress));
    }
    fetched.forEach(this::print);
    cli.out().println("All files of " + source.id() + " are in " + folder + ".");
    cli.out().println("Next: backdoor4j datasets info " + source.id() + dataFlag(source, folder));
    return 0;
  }

  private Downloader downloader(FetchProgress progress) {
    Downloader standard = Downloader.standard().withListener(progress);
    Downloader chosen = offline ? standard.withOffline(true) : standard;
    return chosen.withMirrors(mirrors, List.of());
  }

  private void print(Downloader.Fetched file) {
    cli.out()
        .println(
            file.file().getFileName()
                + ": "
                + (file.fresh() ? "fetched" : "was there")
                + ", "
                + DataFolders.mebibytes(file.bytes())
                + ", "
                + file.checksum()
                + (file.confirmed() ? ", as published" : ", unconfirmed"));
  }

  /** Files elsewhere, and full sets of which a part is embedded, must be named. */
  private static String dataFlag(DatasetSource<?> source, Path folder) {
    boolean found = !source.embedded() && folder.equals(DataFolders.usual(source));
    return found ? "" : " --data " + folder;
  }
}
