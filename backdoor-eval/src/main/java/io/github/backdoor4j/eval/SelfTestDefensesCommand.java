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

/** Whether repairs do here what their papers say. */
@Command(
    name = "defenses",
    description = {
      "Try every repair on models that were really backdoored, over several seeds, and on a clean"
          + " one: what is left of clean accuracy and of the attack.",
      "Models that 'selftest attacks' trained into the same output folder are used again. Takes"
          + " hours on two cores. A run that was stopped goes on from where it was. Exit code 1 if"
          + " too few repairs reach their band."
    },
    footer = {
      "",
      "Examples:",
      "  backdoor4j selftest defenses",
      "  backdoor4j selftest defenses --only clp,ft-sam --attacks badnets --seeds 0"
    })
final class SelfTestDefensesCommand implements Callable<Integer> {

  private final Cli cli;

  @Mixin private SelfTestFlags flags = new SelfTestFlags();

  @Option(
      names = "--only",
      paramLabel = "ID",
      split = ",",
      completionCandidates = KnownIds.Defenses.class,
      description = "Only these defenses, separated by commas.")
  private List<String> only = new ArrayList<>();

  @Option(
      names = "--attacks",
      paramLabel = "ID",
      split = ",",
      completionCandidates = KnownIds.Attacks.class,
      description = "Only on models of these attacks, separated by commas.")
  private List<String> attacks = new ArrayList<>();

  @Option(names = "--no-control", description = "Leave the clean models out.")
  private boolean noControl;

  SelfTestDefensesCommand(Cli cli) {
    this.cli = cli;
  }

  @Override
  public Integer call() {
    Registries registries = cli.registries();
    Path out = OutputFolder.prepare(flags.out());
    cli.interruption().resumable();
    List<ResultRecord> records;
    DefenseSelfTest test;
    try (CellProgress progress = cli.progress()) {
      test =
          new DefenseSelfTest(
              Presets.selfTest("defenses"),
              Presets.selfTest("attacks"),
              registries,
              out,
              progress,
              flags.seeds(),
              flags.jobs());
      List<String> defenses =
          SelfTestFlags.chosen("defense", only, test.defenses(), registries.defenses());
      List<String> models =
          SelfTestFlags.chosen("attack", attacks, test.attacks(), registries.attacks());
      records = test.run(models, defenses, !noControl);
    }
    return show(new DefenseTestTable(records, test.band()), records, out);
  }

  private int show(DefenseTestTable table, List<ResultRecord> records, Path out) {
    cli.out().println();
    table.lines().forEach(cli.out()::println);
    AtomicFiles.replace(out.resolve("defenses.md"), table.markdown());
    ResultsCsv.write(records, out.resolve("defenses.csv"));
    cli.out().println();
    if (table.judged() > 0) {
      cli.out()
          .println(
              String.format(
                  Locale.ROOT,
                  "%d of %d defenses hold the band on %s, mean ± standard deviation over %s",
                  table.holding().size(),
                  table.judged(),
                  table.band().attack(),
                  ReportText.count(flags.seeds().size(), "seed")));
    }
    cli.out().println("Table    " + out.resolve("defenses.md"));
    cli.out().println("Records  " + out.resolve("defenses.csv"));
    boolean enough = table.holding().size() >= Math.min(table.band().least(), table.judged());
    return enough ? 0 : CliErrors.FAILURE;
  }
}
