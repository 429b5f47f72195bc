package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.record.Names;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Engine;
import io.github.backdoor4j.core.tensor.Precision;
import java.util.Arrays;
import java.util.Locale;
import picocli.CommandLine.Option;

/** What benchmarks of training can be told besides. */
final class BenchmarkTrainingFlags {

  @Option(
      names = "--batch",
      paramLabel = "N",
      description = "Images per step. Default: ${DEFAULT-VALUE}.",
      defaultValue = "128")
  private int batch = 128;

  @Option(
      names = "--precision",
      paramLabel = "NAME",
      description = "fp32, bf16, or auto for the faster of the two here. Default: fp32.",
      defaultValue = "fp32")
  private String precision = "fp32";

  int batch() {
    if (batch < 1) {
      throw new UsageException("--batch must be at least 1, but was %d", batch);
    }
    return batch;
  }

  /**
   * @param device for which {@code auto} chooses
   */
  Precision precision(ComputeDevice device) {
    if (precision.equals("auto")) {
      return Precision.fastest(device);
    }
    return Arrays.stream(Precision.values())
        .filter(known -> Names.hyphenated(known).equals(precision.toLowerCase(Locale.ROOT)))
        .findFirst()
        .orElseThrow(
            () ->
                new UsageException(
                    "--precision must be fp32, bf16 or auto, but was '%s'", precision));
  }

  /** On what was measured, for people. */
  String setting(BenchmarkFlags flags) {
    return String.format(
        Locale.ROOT,
        "%s, batches of %d, %s, %s, %s",
        flags.modelText(),
        batch(),
        Names.hyphenated(precision(flags.device())),
        flags.device(),
        ReportText.count(Engine.threads(), "thread"));
  }
}
