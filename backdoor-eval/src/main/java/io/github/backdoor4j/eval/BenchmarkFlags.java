package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.record.Json;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What all benchmarks can be told. */
final class BenchmarkFlags {

  private static final String MODEL = "preact-resnet18";

  @Mixin private ModelChoiceFlags model = new ModelChoiceFlags();

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      description = "auto, cpu, cuda or cuda:n. Default: auto.",
      defaultValue = "auto")
  private String device = "auto";

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  /** The architecture, if the command line says anything of it. */
  Optional<MethodChoice> chosenModel() {
    return model.id().isEmpty() && model.options().isEmpty()
        ? Optional.empty()
        : Optional.of(new MethodChoice(model.id().orElse(MODEL), model.options()));
  }

  MethodChoice model() {
    return chosenModel().orElseGet(() -> MethodChoice.of(MODEL));
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

  /** The architecture and the options that were given, for people. */
  String modelText() {
    MethodChoice choice = model();
    List<String> options = new ArrayList<>();
    choice
        .options()
        .properties()
        .forEach(entry -> options.add(entry.getKey() + "=" + entry.getValue().asText()));
    return choice.id() + (options.isEmpty() ? "" : " (" + String.join(", ", options) + ")");
  }
}
