package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.record.Names;
import io.github.backdoor4j.core.record.Provenance;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Precision;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.global.torch.ScalarType;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Steps through the trainer beside bare steps of the engine. */
@Command(
    name = "step",
    description = {
      "Training steps with all that belongs to them, beside bare steps of libtorch with one batch"
          + " that lies ready; alternating in one process, medians. Then the share of each part of"
          + " a step, passes in evaluation mode, and what the machine reaches multiplying matrices.",
      "On random images: speed does not depend on them."
    },
    footer = {
      "",
      "Examples:",
      "  backdoor4j benchmark step",
      "  backdoor4j benchmark step -M width=16 --batch 64 --precision auto --json"
    })
final class BenchmarkStepCommand implements Callable<Integer> {

  /**
   * Everything that was measured, for {@code --json}.
   *
   * @param matmulGigaflops of a matrix product in 32 bits
   * @param matmulGigaflopsBf16 of one in bfloat16; 0 where the device has no units for it
   */
  private record Report(
      MethodChoice model,
      String input,
      int batch,
      String precision,
      int steps,
      int rounds,
      StepBenchmark.Result result,
      double matmulGigaflops,
      double matmulGigaflopsBf16,
      Provenance environment) {}

  private static final Pattern INPUT = Pattern.compile("(\\d{1,2})x(\\d{1,4})x(\\d{1,4})");

  private final Cli cli;

  @Mixin private BenchmarkFlags flags = new BenchmarkFlags();

  @Mixin private BenchmarkTrainingFlags training = new BenchmarkTrainingFlags();

  @Option(
      names = "--input",
      paramLabel = "CxHxW",
      description = "Channels, height and width of the images. Default: ${DEFAULT-VALUE}.",
      defaultValue = "3x32x32")
  private String input = "3x32x32";

  @Option(
      names = "--classes",
      paramLabel = "K",
      description = "Number of classes. Default: ${DEFAULT-VALUE}.",
      defaultValue = "10")
  private int classes = 10;

  @Option(
      names = "--steps",
      paramLabel = "N",
      description = "Steps per round. Default: ${DEFAULT-VALUE}.",
      defaultValue = "5")
  private int steps = 5;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      description = "Rounds of both kinds of step. Default: ${DEFAULT-VALUE}.",
      defaultValue = "5")
  private int rounds = 5;

  BenchmarkStepCommand(Cli cli) {
    this.cli = cli;
  }

  @Override
  public Integer call() {
    if (steps < 1 || rounds < 1) {
      throw new UsageException("--steps and --rounds must be at least 1");
    }
    DatasetSpec data = StepBenchmark.data(shape(), classes);
    MethodChoice choice = flags.model();
    Bound<?> model =
        Bound.of("model", cli.registries().architectures().get(choice.id()), data, choice);
    ComputeDevice device = flags.device();
    Precision precision = training.precision(device);
    try (TensorScope scope = TensorScope.open()) {
      Network network = network(model, NetworkSpec.of(data)).to(device);
      StepBenchmark.Result result =
          new StepBenchmark(network, precision, training.batch(), steps, rounds).measure();
      Report report =
          new Report(
              choice,
              input,
              training.batch(),
              Names.hyphenated(precision),
              steps,
              rounds,
              result,
              SpeedProbe.matrixProduct(device, ScalarType.Float),
              Precision.BF16.hasUnits(device)
                  ? SpeedProbe.matrixProduct(device, ScalarType.BFloat16)
                  : 0, // emulated, it would take minutes
              Provenance.current(device));
      flags.print(cli, report, lines(report, precision));
    }
    return 0;
  }

  @SuppressWarnings("unchecked") // what the registry of architectures gave
  private static Network network(Bound<?> model, NetworkSpec spec) {
    return Bound.build((Bound<io.github.backdoor4j.core.spi.Architecture<?>>) model, spec)
        .initialize(new Seed(0));
  }

  private ImageShape shape() {
    Matcher matcher = INPUT.matcher(input);
    if (!matcher.matches()) {
      throw new UsageException("--input must be like 3x32x32, but was '%s'", input);
    }
    return new ImageShape(
        Integer.parseInt(matcher.group(1)),
        Integer.parseInt(matcher.group(2)),
        Integer.parseInt(matcher.group(3)));
  }

  private List<String> lines(Report report, Precision precision) {
    StepBenchmark.Result r = report.result();
    double peak =
        precision == Precision.BF16 && report.matmulGigaflopsBf16() > 0
            ? report.matmulGigaflopsBf16()
            : report.matmulGigaflops();
    List<String> lines = new ArrayList<>();
    lines.add(training.setting(flags) + ", images " + input);
    lines.add("");
    lines.add(line("training through Trainer", "%,.0f images/s", r.trainer()));
    lines.add(line("bare step of libtorch", "%,.0f images/s", r.bare()));
    lines.add(line("ratio", "%.3f (median of %d alternating rounds)", r.ratio(), report.rounds()));
    lines.add(
        line(
            "arithmetic",
            "%.1f GFLOPS, %.0f %% of the matrix product's",
            r.gigaflops(),
            100 * r.gigaflops() / peak));
    lines.add(
        line(
            "matrix product",
            report.matmulGigaflopsBf16() > 0
                ? "%.0f GFLOPS in fp32, %.0f in bf16"
                : "%.0f GFLOPS in fp32, no units for bf16",
            report.matmulGigaflops(),
            report.matmulGigaflopsBf16()));
    r.shares()
        .forEach(
            (phase, share) ->
                lines.add(line("share of " + Names.hyphenated(phase), "%.1f %%", 100 * share)));
    lines.add(line("evaluation", "%,.0f images/s", r.inference()));
    lines.add(line("peak memory", "%,.0f MiB of the process", r.peakMebibytes()));
    return lines;
  }

  private static String line(String label, String template, Object... args) {
    return String.format(Locale.ROOT, "%-26s", label) + String.format(Locale.ROOT, template, args);
  }
}
