package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.Downloader;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How files are fetched, and where to. */
final class FetchFlags {

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

  /** The folder named, or else the usual one. */
  Path folder(Path usual) {
    return dir == null ? usual : dir;
  }

  Downloader downloader(FetchProgress progress) {
    Downloader standard = Downloader.standard().withListener(progress);
    Downloader chosen = offline ? standard.withOffline(true) : standard;
    return chosen.withMirrors(mirrors, List.of());
  }
}
