package io.github.backdoor4j.eval;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.backdoor4j.core.record.Provenance;
import io.github.backdoor4j.core.spi.Registries;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The main job on embedded data: attack, defend, judge, show. */
@Command(
    name = "quickstart",
    description = {
      "Backdoor a small model on the embedded Fashion-MNIST images, defend it five times, and judge"
          + " the results.",
      "A run that was stopped goes on from where it was."
    },
    footer = {
      "",
      "Examples:",
      "  backdoor4j quickstart",
      "  backdoor4j quickstart --seed 1 --out /tmp/first-look"
    })
final class QuickstartCommand implements Callable<Integer> {

  private static final int WIDTH = 96;
  private static final String SELECTED =
      "The defenses' settings were chosen by test results of this attack on seeds 0, 1 and 100 to 102:"
          + " a demonstration, not a comparison of defenses.";

  private final Cli cli;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Output folder. Default: ${DEFAULT-VALUE}.",
      defaultValue = "backdoor4j-out/quickstart")
  private Path out = Path.of("");

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Source of all randomness. Default: ${DEFAULT-VALUE}.",
      defaultValue = "0")
  private long seed;

  @Option(names = "--fresh", description = "Do everything anew instead of using what is on disk.")
  private boolean fresh;

  @Option(
      names = "--plan",
      paramLabel = "FILE",
      description = "Another plan than the built-in one, in YAML.")
  private @Nullable Path plan;

  QuickstartCommand(Cli cli) {
    this.cli = cli;
  }

  @Override
  public Integer call() {
    cli.say(
        "Backdoor4J "
            + Provenance.build().getProperty("version", "")
            + " quickstart: badnets poisons 10 % of 10,000 images of Fashion-MNIST, and five"
            + " defenses act.");
    cli.say("This takes some minutes on two cores. Results go to " + out + ".");
    Registries registries = cli.registries();
    PlanRun run = new PlanRun(cli, registries, out);
    RunResult result = run.execute(plan(registries), fresh, 1);
    printReading(result);
    run.printPlaces();
    printNext();
    return result.failed() ? CliErrors.FAILURE : 0;
  }

  private RunPlan plan(Registries registries) {
    ObjectNode flags = PlanTrees.empty();
    flags.putArray("seeds").add(seed);
    return new PlanReader(registries).read("quick", planTree(), flags, Map.of());
  }

  private ObjectNode planTree() {
    return plan == null ? Presets.quickstart() : PlanFiles.read(plan);
  }

  private void printReading(RunResult result) {
    cli.out().println();
    List<String> sentences = new ArrayList<>(Reading.of(result.records()));
    if (plan == null) {
      sentences.add(SELECTED);
    }
    for (String sentence : sentences) {
      List<String> lines = Text.wrap(sentence, WIDTH);
      for (int i = 0; i < lines.size(); i++) {
        cli.out().println((i == 0 ? "* " : "  ") + lines.get(i));
      }
    }
  }

  private void printNext() {
    cli.out().println();
    cli.out().println("Next:");
    for (String command :
        List.of(
            "backdoor4j list",
            "backdoor4j describe neural-cleanse",
            "backdoor4j run --attack blended --defense fine-pruning,strip --seeds 0,1,2",
            "backdoor4j run --help")) {
      cli.out().println("  " + command);
    }
  }
}
