package io.github.backdoor4j.eval;

import static io.github.backdoor4j.core.Checks.requireAtLeast;

import io.github.backdoor4j.core.data.DatasetCache;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Makes room. */
@Command(
    name = "prune",
    description = {
      "Delete decoded data from the cache; fetched files stay. What is needed again is decoded"
          + " again.",
      "Without an option, what was used last of each data set stays."
    },
    footer = {
      "",
      "Examples:",
      "  backdoor4j datasets prune",
      "  backdoor4j datasets prune --older-than 30",
      "  backdoor4j datasets prune --all"
    })
final class DatasetsPruneCommand implements Callable<Integer> {

  private final Cli cli;

  @ArgGroup private Which which = new Which();

  /** At most one of these. */
  private static final class Which {
    @Option(names = "--all", description = "Everything.")
    private boolean all;

    @Option(
        names = "--older-than",
        paramLabel = "DAYS",
        description = "What was not used for so many days.")
    private @Nullable Integer days;
  }

  DatasetsPruneCommand(Cli cli) {
    this.cli = cli;
  }

  @Override
  public Integer call() {
    List<DatasetCache.Entry> gone = DatasetCache.standard().prune(chosen());
    gone.forEach(entry -> cli.say("deleted " + entry.file()));
    long bytes = gone.stream().mapToLong(DatasetCache.Entry::bytes).sum();
    cli.out()
        .println(
            ReportText.count(gone.size(), "file")
                + " deleted, "
                + DataFolders.mebibytes(bytes)
                + " freed");
    return 0;
  }

  private Predicate<DatasetCache.Entry> chosen() {
    if (which.all) {
      return DatasetCache.all();
    }
    if (which.days == null) {
      return DatasetCache.notTheNewest();
    }
    int days = requireAtLeast("--older-than", which.days, 0);
    return DatasetCache.unusedSince(Instant.now().minus(Duration.ofDays(days)));
  }
}
