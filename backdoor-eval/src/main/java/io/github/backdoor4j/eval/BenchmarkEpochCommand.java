package io.github.backdoor4j.eval;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.math.Quantiles;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.record.Json;
import io.github.backdoor4j.core.record.Names;
import io.github.backdoor4j.core.record.Provenance;
import io.github.backdoor4j.core.spi.Registries;
import io.github.backdoor4j.core.train.EpochReport;
import io.github.backdoor4j.core.train.TrainingListener;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Whole epochs of an attack's training, with the tests after each. */
@Command(
    name = "epoch",
    description = {
      "Epochs of a training on poisoned embedded images, 10,000 of them, each with its test on 2,000"
          + " clean and 1,800 triggered images: the median from the second epoch on.",
      "The same job in the manner of PyTorch scripts: docs/benchmark/peer.py."
    },
    footer = {"", "Example:", "  backdoor4j benchmark epoch -M width=16 --epochs 4"})
final class BenchmarkEpochCommand implements Callable<Integer> {

  /**
   * What was measured, for {@code --json}.
   *
   * @param seconds of each epoch but the first, tests included
   * @param imagesPerSecond training images by the median of those
   */
  private record Report(
      MethodChoice model,
      int batch,
      String precision,
      int images,
      List<Double> seconds,
      double imagesPerSecond,
      double cAcc,
      double asr,
      Provenance environment) {}

  private static final int TEST_IMAGES = 2000;
  private static final double NANOS = 1e9;

  private final Cli cli;

  @Mixin private BenchmarkFlags flags = new BenchmarkFlags();

  @Mixin private BenchmarkTrainingFlags training = new BenchmarkTrainingFlags();

  @Option(
      names = "--epochs",
      paramLabel = "N",
      description = "Epochs, at least 2. Default: ${DEFAULT-VALUE}.",
      defaultValue = "4")
  private int epochs = 4;

  @Option(
      names = "--attack",
      paramLabel = "ID",
      description = "Attack. Default: ${DEFAULT-VALUE}.",
      defaultValue = "badnets")
  private String attack = "badnets";

  BenchmarkEpochCommand(Cli cli) {
    this.cli = cli;
  }

  @Override
  public Integer call() {
    if (epochs < 2) {
      throw new UsageException("--epochs must be at least 2: the first one warms up");
    }
    Registries registries = cli.registries();
    Watch watch = new Watch();
    ResultRecord result = run(registries, watch);
    List<Double> seconds = watch.seconds.subList(1, watch.seconds.size());
    int images = result.evidence().numbers().getOrDefault("training_images", 0.0).intValue();
    Report report =
        new Report(
            flags.model(),
            training.batch(),
            Names.hyphenated(training.precision(flags.device())),
            images,
            seconds,
            images / Quantiles.median().compute(seconds),
            result.value("c_acc"),
            result.value("asr"),
            Provenance.current(flags.device()));
    flags.print(cli, report, List.of(training.setting(flags) + ", " + attack, line(report)));
    return 0;
  }

  private static String line(Report report) {
    return String.format(
        Locale.ROOT,
        "%,.0f images/s: an epoch on %,d images with its tests in %.2f s (C-Acc %.1f %%, ASR %.1f"
            + " %%)",
        report.imagesPerSecond(),
        report.images(),
        Quantiles.median().compute(report.seconds()),
        100 * report.cAcc(),
        100 * report.asr());
  }

  private ResultRecord run(Registries registries, Watch watch) {
    try (ScratchFolder out = new ScratchFolder()) {
      RunPlan plan =
          new PlanReader(registries).read("quick", PlanTrees.empty(), tree(), java.util.Map.of());
      return new BenchmarkRunner(registries, out.path(), watch, true).run(plan).records().get(0);
    }
  }

  private ObjectNode tree() {
    ObjectNode tree = PlanTrees.empty();
    tree.set("model", Json.tree(flags.model()));
    tree.putObject("attack").put("id", attack);
    tree.putObject("training")
        .put("epochs", epochs)
        .put("batch_size", training.batch())
        .put("precision", Names.hyphenated(training.precision(flags.device())))
        .put("drop_last", false);
    tree.put("watch_images", TEST_IMAGES);
    tree.put("control", false);
    tree.put("device", flags.device().toString());
    return tree;
  }

  /** Takes the time from one epoch's end to the next one's, tests included. */
  private static final class Watch implements RunListener, TrainingListener {

    private final List<Double> seconds = new ArrayList<>();
    private long last;

    @Override
    public TrainingListener trainings() {
      return this;
    }

    @Override
    public void onStart(String purpose, int firstEpoch, int epochs, int stepsPerEpoch) {
      seconds.clear(); // the victim's training is the last; others may come before it
      last = System.nanoTime();
    }

    @Override
    public EpochReport onEpoch(EpochReport report) {
      long now = System.nanoTime();
      seconds.add((now - last) / NANOS);
      last = now;
      return report;
    }
  }
}
