package io.github.backdoor4j.eval;

import static io.github.backdoor4j.core.Checks.require;

import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.record.Names;
import io.github.backdoor4j.core.spi.StrategyRegistry;
import io.github.backdoor4j.core.tensor.Engine;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What all self-tests can be told. */
final class SelfTestFlags {

  @Option(
      names = "--seeds",
      paramLabel = "N",
      split = ",",
      description = "Seeds, separated by commas. Default: ${DEFAULT-VALUE}.",
      defaultValue = "0,1,2")
  private List<Long> seeds = new ArrayList<>();

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description =
          "Output folder, the same for all self-tests, so that defenses find the attacked models."
              + " Default: ${DEFAULT-VALUE}.",
      defaultValue = "backdoor4j-out/selftest")
  private Path out = Path.of("");

  @Option(
      names = "--jobs",
      paramLabel = "N",
      description =
          "Trainings side by side, each with its share of the cores; on the CPU narrow networks gain"
              + " by it. Default: as many as there are threads for one operation.")
  private @Nullable Integer jobs;

  SideBySide jobs() {
    int all = Engine.cudaAvailable() ? 1 : Engine.threads();
    return new SideBySide(jobs == null ? all : jobs);
  }

  List<Long> seeds() {
    require(
        !seeds.isEmpty() && seeds.stream().distinct().count() == seeds.size(),
        "--seeds must name different seeds, but are %s",
        seeds);
    return seeds;
  }

  Path out() {
    return out;
  }

  /**
   * Of the methods in a self-test's file those that were asked for; all if none was.
   *
   * @param kind for the message
   * @param wanted ids or aliases
   * @param known ids in the file
   */
  static List<String> chosen(
      String kind, List<String> wanted, List<String> known, StrategyRegistry<?> registry) {
    Set<String> ids = new LinkedHashSet<>();
    wanted.forEach(id -> ids.add(registry.get(id.strip()).id()));
    for (String id : ids) {
      if (!known.contains(id)) {
        throw new UsageException(
            "the self-test does not have the %s '%s'. It has, nearest first: %s",
            kind, id, String.join(", ", Names.nearest(id, known)));
      }
    }
    return known.stream().filter(id -> ids.isEmpty() || ids.contains(id)).toList();
  }
}
