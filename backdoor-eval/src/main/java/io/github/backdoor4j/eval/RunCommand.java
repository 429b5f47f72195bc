package io.github.backdoor4j.eval;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.backdoor4j.core.spi.Named;
import io.github.backdoor4j.core.spi.Registries;
import io.github.backdoor4j.core.spi.StrategyRegistry;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** One data set, model and attack, any number of defenses, over seeds. */
@Command(
    name = "run",
    sortOptions = false,
    description = {
      "Run one attack and any number of defenses, and judge the results.",
      "Settings come from a preset, the plan file over it, and the flags over both.",
      "A run that was stopped goes on from where it was."
    },
    footer = {
      "",
      "Examples:",
      "  backdoor4j run --attack badnets --defense fine-pruning",
      "  backdoor4j run --attack blended --ratio 0.05 -A alpha=0.2 --defense nc,strip --seeds 0,1,2",
      "  backdoor4j run --attack sig -M width=16 --epochs 12 -T optimizer.learning_rate=0.02",
      "  backdoor4j run --attack badnets --defense ft -D ft.tuning.epochs=20 --dry-run > plan.yaml",
      "  backdoor4j run --plan plan.yaml --out results/first"
    })
final class RunCommand implements Callable<Integer> {

  private final Cli cli;

  @Mixin private PlanFlags flags = new PlanFlags();

  @Option(
      names = "--preset",
      paramLabel = "NAME",
      description = "quick or benchmark. Default: quick on a CPU, benchmark with CUDA.")
  private @Nullable String preset;

  @Option(
      names = "--plan",
      paramLabel = "FILE",
      description = "Plan in YAML, such as --dry-run prints. Flags win over it.")
  private @Nullable Path planFile;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Output folder. Default: backdoor4j-out/<dataset>-<attack>.")
  private @Nullable Path out;

  @Option(names = "--fresh", description = "Do everything anew instead of using what is on disk.")
  private boolean fresh;

  @Option(
      names = {"--dry-run", "--plan-only"},
      description = "Print the plan with all options as YAML, and run nothing.")
  private boolean dryRun;

  @Option(
      names = "--jobs",
      paramLabel = "N",
      description =
          "Seeds side by side, each with its share of the cores; narrow networks on the CPU gain by"
              + " it. Numbers depend on it as they depend on the number of threads. Default: 1.",
      defaultValue = "1")
  private int jobs = 1;

  RunCommand(Cli cli) {
    this.cli = cli;
  }

  @Override
  public Integer call() {
    Registries registries = cli.registries();
    RunPlan plan = plan(registries);
    Resolved resolved = new Resolved(plan, registries);
    if (dryRun) {
      cli.out().print(PlanFiles.write(resolved));
      return 0;
    }
    PlanRun run = new PlanRun(cli, registries, folder(plan));
    cli.say(
        String.format(
            Locale.ROOT,
            "%s on %s with %s, preset %s; results go to %s",
            plan.attack().id(),
            plan.dataset().id(),
            plan.model().id(),
            plan.preset(),
            folder(plan)));
    RunResult result = run.execute(plan, fresh, jobs);
    run.printPlaces();
    return result.failed() ? CliErrors.FAILURE : 0;
  }

  private RunPlan plan(Registries registries) {
    ObjectNode file = planFile == null ? PlanTrees.empty() : PlanFiles.read(planFile);
    String named = preset == null ? file.path("preset").asText() : preset;
    if (!named.isEmpty()) {
      return plan(registries, named, file);
    }
    RunPlan quick = plan(registries, Presets.forDevice(false), file);
    new Resolved(quick, registries); // mistakes come to light before the engine is asked
    String chosen = Presets.forDevice(ComputeDevice.parse(quick.device()).cuda());
    cli.say("no preset given: taking '" + chosen + "', the one for this device");
    return plan(registries, chosen, file);
  }

  private RunPlan plan(Registries registries, String name, ObjectNode file) {
    return new PlanReader(registries)
        .read(name, file, flags.tree(), flags.defenseOptions(names(registries.defenses())));
  }

  private static List<String> names(StrategyRegistry<? extends Named> registry) {
    return registry.all().stream()
        .flatMap(named -> Stream.concat(Stream.of(named.id()), named.aliases().stream()))
        .toList();
  }

  private Path folder(RunPlan plan) {
    return out != null
        ? out
        : Path.of("backdoor4j-out", plan.dataset().id() + "-" + plan.attack().id());
  }
}
