package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.AtomicFiles;
import io.github.backdoor4j.core.spi.Registries;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Whether attacks do here what their papers say. */
@Command(
    name = "attacks",
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
final class SelfTestAttacksCommand implements Callable<Integer> {

  private final Cli cli;

  @Mixin private SelfTestFlags flags = new SelfTestFlags();

  @Option(
      names = "--only",
      paramLabel = "ID",
      split = ",",
      completionCandidates = KnownIds.Attacks.class,
      description = "Only these attacks, separated by commas.")
  private List<String> only = new ArrayList<>();

  SelfTestAttacksCommand(Cli cli) {
    this.cli = cli;
  }

  @Override
  public Integer call() {
    Registries registries = cli.registries();
    Path out = OutputFolder.prepare(flags.out());
    cli.interruption().resumable();
    List<AttackTestRow> rows;
    try (CellProgress progress = cli.progress()) {
      AttackSelfTest test =
          new AttackSelfTest(
              Presets.selfTest("attacks"), registries, out, progress, flags.seeds(), flags.jobs());
      List<AttackExpectation> all = test.expectations();
      List<String> chosen =
          SelfTestFlags.chosen(
              "attack",
              only,
              all.stream().map(AttackExpectation::attack).toList(),
              registries.attacks());
      rows = test.run(all.stream().filter(e -> chosen.contains(e.attack())).toList());
    }
    return show(rows, out);
  }

  private int show(List<AttackTestRow> rows, Path out) {
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
                ReportText.count(flags.seeds().size(), "seed")));
    cli.out().println("Table    " + out.resolve("attacks.md"));
    cli.out().println("Records  " + out.resolve("results.csv"));
    cli.out().println("Sheets   " + out.resolve("sheets"));
    return missed == 0 ? 0 : CliErrors.FAILURE;
  }
}
