package io.github.backdoor4j.eval;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.backdoor4j.core.record.Json;
import io.github.backdoor4j.eval.Doctor.Finding;
import io.github.backdoor4j.eval.Doctor.Level;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** What works on this machine, and what would. */
@Command(
    name = "doctor",
    description =
        "Examine Java, memory, disks, tensor engine, devices, data and plug-ins; say what works and"
            + " what would need what. Exit code 0 if the basics work.",
    footer = {"", "Examples:", "  backdoor4j doctor", "  backdoor4j doctor --json"})
final class DoctorCommand implements Callable<Integer> {

  private static final int LABEL = 16;
  private static final int WIDTH = 80;

  private final Cli cli;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  DoctorCommand(Cli cli) {
    this.cli = cli;
  }

  @Override
  public Integer call() {
    List<Finding> findings = new Doctor(cli::registries).examine();
    boolean healthy = findings.stream().noneMatch(f -> f.level() == Level.PROBLEM);
    if (json) {
      ObjectNode tree = PlanTrees.empty().put("ok", healthy);
      cli.out().print(Json.writePretty(tree.set("findings", Json.tree(findings))));
    } else {
      findings.forEach(this::print);
      cli.out().println();
      cli.out().println(conclusion(findings, healthy));
    }
    return healthy ? 0 : CliErrors.FAILURE;
  }

  private void print(Finding finding) {
    String mark = finding.level() == Level.PROBLEM ? "PROBLEM: " : "";
    label(finding.topic(), mark + finding.value());
    if (!finding.remedy().isEmpty()) {
      label("", "  " + finding.remedy());
    }
  }

  private void label(String label, String text) {
    String left = label;
    for (String line : Text.wrap(text, WIDTH)) {
      cli.out()
          .println(String.format(Locale.ROOT, "%-" + LABEL + "s%s", left, line).stripTrailing());
      left = "";
    }
  }

  private static String conclusion(List<Finding> findings, boolean healthy) {
    if (healthy) {
      boolean cuda =
          findings.stream().anyMatch(f -> f.topic().equals("CUDA") && f.level() == Level.OK);
      return "Everything works"
          + (cuda ? ", with CUDA." : " on the CPU. Try: backdoor4j quickstart");
    }
    long problems = findings.stream().filter(f -> f.level() == Level.PROBLEM).count();
    return ReportText.count(problems, "problem")
        + " above; list, describe and report work regardless.";
  }
}
