package io.github.backdoor4j.eval;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.record.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Table and report from records. */
@Command(
    name = "report",
    description =
        "Make results.csv and report/index.html anew from all records of an output folder.",
    footer = {"", "Example:", "  backdoor4j report backdoor4j-out/quickstart"})
final class ReportCommand implements Callable<Integer> {

  private final Cli cli;

  @Parameters(paramLabel = "FOLDER", description = "Output folder of a run.")
  private Path folder = Path.of("");

  ReportCommand(Cli cli) {
    this.cli = cli;
  }

  @Override
  public Integer call() {
    if (!Files.isDirectory(folder)) {
      throw new DataException("folder %s does not exist", folder.toAbsolutePath());
    }
    List<ResultRecord> records = RecordStore.open(folder).all();
    if (records.isEmpty()) {
      throw new DataException(
          "%s holds no finished record yet. Run the command that made the folder again.", folder);
    }
    PlanRun.write(new RunResult(plan(), records, folder), cli.registries());
    cli.out().println(ReportText.count(records.size(), "record"));
    cli.out().println("Report   " + PlanRun.report(folder));
    cli.out().println("Table    " + PlanRun.table(folder));
    return 0;
  }

  private RunPlan plan() {
    Path file = folder.resolve("plan.json");
    try {
      return Json.read(Files.readString(file), RunPlan.class);
    } catch (NoSuchFileException e) {
      throw new DataException(
          e, "%s is missing. Run the command that made the folder again; it keeps records.", file);
    } catch (JsonProcessingException e) {
      throw new DataException(
          e,
          "%s is broken: %s. Run the command that made the folder again; it keeps records.",
          file,
          e.getOriginalMessage());
    } catch (IOException e) {
      throw new DataException(e, "%s cannot be read: %s", file, e);
    }
  }
}
