package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.AtomicFiles;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.record.Names;
import io.github.backdoor4j.core.spi.Registries;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Whether methods do here what their papers say. */
@Command(
    name = "selftest",
    description = {
      "Carry out every attack on the embedded images with a narrow network, over several seeds, and"
          + " compare clean accuracy and attack success with what each must reach.",
      "Takes an hour or more on two cores. A run that was stopped goes on from where it was. Exit"
          + " code 1 if an attack misses its band."
    },
    footer = {
      "",
      "Examples:",
      "  backdoor4j selftest attacks",
      "  backdoor4j selftest attacks --only badnets,wanet --seeds 0"
    })
final class SelfTestCommand implements Callable<Integer> {

  private static final String ATTACKS = "attacks";

  private final Cli cli;

  @Parameters(paramLabel = "KIND", description = "What to test: attacks.")
  private String kind = "";

  @Option(
      names = "--only",
      paramLabel = "ID",
      split = ",",
      completionCandidates = KnownIds.Attacks.class,
      description = "Only these, separated by commas.")
  private List<String> only = new ArrayList<>();

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
      description = "Output folder. Default: ${DEFAULT-VALUE}.",
      defaultValue = "backdoor4j-out/selftest")
  private Path out = Path.of("");

  SelfTestCommand(Cli cli) {
    this.cli = cli;
  }

  @Override
  public Integer call() {
    if (!kind.equals(ATTACKS)) {
      throw new UsageException("there is no self-test of '%s'; there is one of: attacks", kind);
    }
    Registries registries = cli.registries();
    OutputFolder.prepare(out);
    cli.interruption().resumable();
    List<AttackTestRow> rows = new ArrayList<>();
    try (CellProgress progress = cli.progress()) {
      AttackSelfTest test =
          new AttackSelfTest(Presets.selfTest(ATTACKS), registries, out, progress, seeds);
      for (AttackExpectation expected : chosen(registries, test.expectations())) {
        rows.add(test.run(expected));
      }
    }
    return show(rows);
  }

  private List<AttackExpectation> chosen(Registries registries, List<AttackExpectation> all) {
    Set<String> wanted = new LinkedHashSet<>();
    only.forEach(id -> wanted.add(registries.attacks().get(id.strip()).id()));
    List<String> known = all.stream().map(AttackExpectation::attack).toList();
    for (String id : wanted) {
      if (!known.contains(id)) {
        throw new UsageException(
            "the self-test has no band for attack '%s'. It has for, nearest first: %s",
            id, String.join(", ", Names.nearest(id, known)));
      }
    }
    return all.stream().filter(e -> wanted.isEmpty() || wanted.contains(e.attack())).toList();
  }

  private int show(List<AttackTestRow> rows) {
    cli.out().println();
    AttackTestTable.lines(rows).forEach(cli.out()::println);
    AtomicFiles.replace(out.resolve("attacks.md"), AttackTestTable.markdown(rows));
    List<ResultRecord> records = new ArrayList<>();
    rows.forEach(row -> records.addAll(row.attacks()));
    rows.forEach(row -> records.addAll(row.controls()));
    ResultsCsv.write(records, out.resolve("results.csv"));
    rows.forEach(row -> AttackSheet.write(row, out.resolve("sheets")));
    long missed = rows.stream().filter(row -> !row.misses().isEmpty()).count();
    cli.out().println();
    cli.out()
        .println(
            String.format(
                Locale.ROOT,
                "%d of %d attacks hold their band, mean ± standard deviation over %s",
                rows.size() - missed,
                rows.size(),
                ReportText.count(seeds.size(), "seed")));
    cli.out().println("Table    " + out.resolve("attacks.md"));
    cli.out().println("Records  " + out.resolve("results.csv"));
    cli.out().println("Sheets   " + out.resolve("sheets"));
    return missed == 0 ? 0 : CliErrors.FAILURE;
  }
}
