package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.spi.Registries;
import java.nio.file.Path;

/** Carries out a plan for the command line: progress, files, table. */
final class PlanRun {

  private final Cli cli;
  private final Registries registries;
  private final Path out;

  PlanRun(Cli cli, Registries registries, Path out) {
    this.cli = cli;
    this.registries = registries;
    this.out = out;
  }

  /**
   * Runs a plan, writes table and report, and prints the results.
   *
   * @param fresh whether results on disk are made anew
   * @param jobs seeds side by side
   */
  RunResult execute(RunPlan plan, boolean fresh, int jobs) {
    OutputFolder.prepare(out);
    cli.interruption().resumable();
    RunResult result;
    try (CellProgress progress = cli.progress().withEstimate()) {
      result = new BenchmarkRunner(registries, out, progress, fresh).sideBySide(jobs).run(plan);
    }
    write(result, registries);
    cli.out().println();
    ResultTable.lines(result.records()).forEach(cli.out()::println);
    return result;
  }

  static Path report(Path folder) {
    return folder.resolve("report").resolve("index.html");
  }

  static Path table(Path folder) {
    return folder.resolve("results.csv");
  }

  /** Writes what is made from records. */
  static void write(RunResult result, Registries registries) {
    ResultsCsv.write(result.records(), table(result.folder()));
    HtmlReport.write(result, registries, report(result.folder()));
  }

  /** Prints where everything is. */
  void printPlaces() {
    cli.out().println();
    cli.out().println("Report   " + report(out));
    cli.out().println("Table    " + table(out));
    cli.out().println("Records  " + out.resolve("cells"));
  }
}
