package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.Download;
import io.github.backdoor4j.core.Downloader;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.nn.StartWeights;
import io.github.backdoor4j.core.spi.Architecture;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/** Gets published weights. */
final class WeightsFetch {

  private final Cli cli;

  WeightsFetch(Cli cli) {
    this.cli = cli;
  }

  /**
   * Fetches what an architecture declares.
   *
   * @throws UsageException if that is nothing, or a file is missing and fetching is switched off
   */
  void run(String id, FetchFlags flags) {
    Architecture<?> architecture = cli.registries().architectures().get(id);
    List<Download> downloads = declared(architecture);
    Path folder = flags.folder(StartWeights.fetchedFolder());
    DownloadText.terms(downloads).forEach(cli::say);
    cli.interruption().resumable();
    List<Downloader.Fetched> fetched;
    try (FetchProgress progress = cli.fetchProgress()) {
      Downloader downloader = flags.downloader(progress);
      fetched = downloads.stream().map(file -> downloader.fetch(file, folder)).toList();
    }
    fetched.forEach(file -> cli.out().println(DownloadText.fetched(downloads, file)));
    cli.out().println("All weights of " + architecture.id() + " are in " + folder + ".");
    cli.out()
        .println(
            "Next: backdoor4j run --model "
                + architecture.id()
                + " -M pretrained="
                + option(folder, fetched.get(0).file())
                + " --attack ID");
  }

  private List<Download> declared(Architecture<?> architecture) {
    List<Download> downloads = architecture.publishedWeights();
    if (downloads.isEmpty()) {
      throw new UsageException(
          "architecture '%s' declares no weights to fetch. Those that do: %s.",
          architecture.id(),
          cli.registries().architectures().all().stream()
              .filter(other -> !other.publishedWeights().isEmpty())
              .map(Architecture::id)
              .collect(Collectors.joining(", ")));
    }
    return downloads;
  }

  private static String option(Path folder, Path file) {
    return folder.equals(StartWeights.fetchedFolder()) ? "imagenet" : file.toString();
  }
}
