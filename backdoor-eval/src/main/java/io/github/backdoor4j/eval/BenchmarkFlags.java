package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.record.Json;
import io.github.backdoor4j.core.record.Names;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Engine;
import io.github.backdoor4j.core.tensor.Precision;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What all benchmarks can be told. */
final class BenchmarkFlags {

  @Mixin private ModelChoiceFlags model = new ModelChoiceFlags();

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

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      description = "auto, cpu, cuda or cuda:n. Default: auto.",
      defaultValue = "auto")
  private String device = "auto";

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  MethodChoice model() {
    return new MethodChoice(model.id().orElse("preact-resnet18"), model.options());
  }

  int batch() {
    if (batch < 1) {
      throw new UsageException("--batch must be at least 1, but was %d", batch);
    }
    return batch;
  }

  Precision precision() {
    if (precision.equals("auto")) {
      return Precision.fastest(device());
    }
    return Arrays.stream(Precision.values())
        .filter(known -> Names.hyphenated(known).equals(precision.toLowerCase(Locale.ROOT)))
        .findFirst()
        .orElseThrow(
            () ->
                new UsageException(
                    "--precision must be fp32, bf16 or auto, but was '%s'", precision));
  }

  ComputeDevice device() {
    return ComputeDevice.parse(device);
  }

  /** Prints a result as JSON or as lines for people. */
  void print(Cli cli, Object result, List<String> lines) {
    if (json) {
      cli.out().print(Json.writePretty(result));
    } else {
      lines.forEach(cli.out()::println);
    }
  }

  private String modelText() {
    MethodChoice choice = model();
    List<String> options = new ArrayList<>();
    choice
        .options()
        .properties()
        .forEach(entry -> options.add(entry.getKey() + "=" + entry.getValue().asText()));
    return choice.id() + (options.isEmpty() ? "" : " (" + String.join(", ", options) + ")");
  }

  /** On what was measured, for people. */
  String setting() {
    return String.format(
        Locale.ROOT,
        "%s, batches of %d, %s, %s, %s",
        modelText(),
        batch(),
        Names.hyphenated(precision()),
        device(),
        ReportText.count(Engine.threads(), "thread"));
  }
}
