package io.github.backdoor4j.eval;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.backdoor4j.core.record.Json;
import io.github.backdoor4j.core.record.Provenance;
import io.github.backdoor4j.core.spi.DefenseStrategy;
import io.github.backdoor4j.core.spi.Registries;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.eval.ResultRecord.Kind;
import io.github.backdoor4j.eval.ResultRecord.Status;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Every defense once on one backdoored model: time, work and memory, from the records. */
@Command(
    name = "defenses",
    description = {
      "Each defense once on one model with a BadNets backdoor, as 'selftest defenses' carries it"
          + " out and with its options, or with the defaults where it has none: seconds, passes"
          + " over the training set, images per second, and what share that is of plain inference"
          + " with the same network, measured at the end.",
      "Passes are forward ones, a backward pass counts as two. Takes a quarter of an hour and more;"
          + " with --out it takes the model, and what defenses have done before, from a folder, such"
          + " as that of the self-tests."
    },
    footer = {
      "",
      "Examples:",
      "  backdoor4j benchmark defenses --only fine-tuning,clp",
      "  backdoor4j benchmark defenses --out backdoor4j-out/selftest --json"
    })
final class BenchmarkDefensesCommand implements Callable<Integer> {

  /**
   * Everything that was measured, for {@code --json}.
   *
   * @param inference images per second of the same network in evaluation mode
   */
  private record Report(
      MethodChoice model,
      String attack,
      double holdoutRatio,
      int trainingImages,
      double inference,
      List<DefenseSpeed> defenses,
      Provenance environment) {}

  private static final String ATTACK = "badnets";
  private static final long SEED = 0;

  private final Cli cli;

  @Option(
      names = "--only",
      paramLabel = "ID",
      split = ",",
      completionCandidates = KnownIds.Defenses.class,
      description = "Only these defenses, separated by commas.")
  private List<String> only = new ArrayList<>();

  @Mixin private BenchmarkFlags flags = new BenchmarkFlags();

  @Option(
      names = "--holdout",
      paramLabel = "R",
      description = "Share of the clean training set that defenses have. Default: the self-test's.")
  private @Nullable Double holdout;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Output folder to use and to leave records in. Default: none is kept.")
  private @Nullable Path out;

  BenchmarkDefensesCommand(Cli cli) {
    this.cli = cli;
  }

  @Override
  public Integer call() {
    Path folder = out;
    if (folder != null) {
      cli.interruption().resumable();
      return measure(OutputFolder.prepare(folder));
    }
    try (ScratchFolder scratch = new ScratchFolder()) {
      return measure(scratch.path());
    }
  }

  private int measure(Path folder) {
    Registries registries = cli.registries();
    Set<String> before = keys(folder);
    List<ResultRecord> records;
    Resolved resolved;
    try (CellProgress progress = cli.progress()) {
      DefenseSelfTest test =
          new DefenseSelfTest(
              settings(registries),
              Presets.selfTest("attacks"),
              registries,
              folder,
              progress,
              List.of(SEED),
              new SideBySide(1));
      List<String> chosen =
          SelfTestFlags.chosen("defense", only, test.defenses(), registries.defenses());
      resolved = new Resolved(test.plan(ATTACK, SEED, chosen, false), registries);
      records = test.run(List.of(ATTACK), chosen, false);
    }
    Report report = report(resolved, records, before);
    flags.print(cli, report, lines(report));
    boolean failed = records.stream().anyMatch(result -> result.status() == Status.FAILED);
    return failed ? CliErrors.FAILURE : 0;
  }

  /** The self-test's file with this command's settings, and defaults for defenses it leaves out. */
  private ObjectNode settings(Registries registries) {
    ObjectNode file = Presets.selfTest("defenses");
    ObjectNode plan = file.withObject("/plan");
    plan.put("device", flags.device().toString());
    if (holdout != null) {
      plan.put("holdout_ratio", holdout);
    }
    flags.chosenModel().ifPresent(model -> plan.set("model", Json.tree(model)));
    ObjectNode defenses = file.withObject("/defenses");
    for (DefenseStrategy<?> defense : registries.defenses().all()) {
      defenses.withObject("/" + defense.id());
    }
    return file;
  }

  /** What is there before, and will be found in place of being done. */
  private static Set<String> keys(Path folder) {
    return Files.isDirectory(folder.resolve("cells"))
        ? RecordStore.open(folder).all().stream()
            .filter(result -> result.status() != Status.FAILED)
            .map(ResultRecord::key)
            .collect(Collectors.toSet())
        : Set.of();
  }

  private static Report report(Resolved resolved, List<ResultRecord> records, Set<String> before) {
    ResultRecord attack = records.get(0);
    ComputeDevice where = ComputeDevice.parse(resolved.plan.device());
    int images = attack.evidence().numbers().getOrDefault("training_images", 0.0).intValue();
    double inference = 1 / NetworkSpeed.of(resolved.victim(), where).forward();
    Provenance environment = Provenance.current(where);
    return new Report(
        new MethodChoice(resolved.model.id(), (ObjectNode) resolved.model.optionTree()),
        resolved.attack.id(),
        resolved.plan.holdoutRatio(),
        images,
        inference,
        records.stream()
            .filter(result -> result.kind() == Kind.DEFENSE)
            .map(
                r ->
                    DefenseSpeed.of(
                        r, before.contains(r.key()), images, inference, environment.threads()))
            .toList(),
        environment);
  }

  private static List<String> lines(Report report) {
    List<String> lines = new ArrayList<>();
    lines.add(
        String.format(
            Locale.ROOT,
            "%s, %s on %,d images, %,.0f of them clean for defenses, %s, %s",
            report.model().id() + " " + Json.write(report.model().options()),
            report.attack(),
            report.trainingImages(),
            report.holdoutRatio() * report.trainingImages(),
            report.environment().device(),
            ReportText.count(report.environment().threads(), "thread")));
    lines.add("");
    lines.addAll(DefenseSpeed.lines(report.defenses()));
    lines.add("");
    lines.add(
        String.format(
            Locale.ROOT, "plain inference: %,.0f images/s, best of two", report.inference()));
    lines.add(
        "peak MiB is the process's and holds what defenses before left with the allocator: for"
            + " one alone use --only");
    return lines;
  }
}
