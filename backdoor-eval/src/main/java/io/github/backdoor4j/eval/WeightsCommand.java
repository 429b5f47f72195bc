package io.github.backdoor4j.eval;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.nn.Weights;
import io.github.backdoor4j.core.record.Json;
import io.github.backdoor4j.core.tensor.TensorScope;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.bytedeco.pytorch.Tensor;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Weight files: what is in them, and from one form into another. */
@Command(
    name = "weights",
    description =
        "Look into weight files of PyTorch or in safetensors form, convert them, and fetch published"
            + " ones.",
    synopsisSubcommandLabel = "COMMAND")
final class WeightsCommand implements Callable<Integer> {

  private final Cli cli;

  @Spec private CommandSpec spec = CommandSpec.create();

  WeightsCommand(Cli cli) {
    this.cli = cli;
  }

  @Override
  public Integer call() {
    throw new ParameterException(spec.commandLine(), "say what to do: inspect, convert or fetch");
  }

  @Command(
      name = "inspect",
      description = "List metadata, names, types and shapes.",
      footer = {"", "Example:", "  backdoor4j weights inspect attack_result.pt"})
  Integer inspect(
      @Parameters(paramLabel = "FILE", description = "safetensors, .pt or .pth") Path file,
      @Option(names = "--json", description = "Print JSON.") boolean json,
      @Option(
              names = "--skip-objects",
              description = "Leave out objects of other classes instead of refusing the file.")
          boolean skipObjects) {
    try (TensorScope scope = TensorScope.open()) {
      Weights weights = Weights.read(file, skipObjects);
      if (json) {
        cli.out().print(Json.writePretty(tree(weights)));
      } else {
        print(weights);
      }
    }
    return 0;
  }

  @Command(
      name = "convert",
      description = "Write the weights of a file in safetensors form, with its metadata.",
      footer = {"", "Example:", "  backdoor4j weights convert attack_result.pt model.safetensors"})
  Integer convert(
      @Parameters(paramLabel = "FILE", description = "safetensors, .pt or .pth") Path file,
      @Parameters(paramLabel = "OUT", description = "The new file; must not exist.") Path target,
      @Option(
              names = "--set",
              paramLabel = "KEY=VALUE",
              description = "An entry of the metadata, e.g. --set architecture=preact-resnet18.")
          Map<String, String> facts,
      @Option(
              names = "--skip-objects",
              description = "Leave out objects of other classes instead of refusing the file.")
          boolean skipObjects) {
    if (Files.exists(target)) {
      throw new UsageException("%s exists; choose another name or delete it first", target);
    }
    try (TensorScope scope = TensorScope.open()) {
      Weights weights = Weights.read(file, skipObjects);
      Map<String, String> metadata = new LinkedHashMap<>(weights.metadata());
      if (facts != null) {
        metadata.putAll(facts);
      }
      new Weights(weights.tensors(), metadata).write(target);
      cli.out()
          .println(ReportText.count(weights.tensors().size(), "tensor") + " written to " + target);
    }
    return 0;
  }

  @Command(
      name = "fetch",
      description = {
        "Fetch the published weights of an architecture over https, go on with what was broken off,"
            + " and check them.",
        "PyTorch publishes the first 8 digits of their SHA-256 only, as part of the name: enough"
            + " against broken files. The whole SHA-256 is remembered, and is part of a run's"
            + " record."
      },
      footer = {
        "",
        "Examples:",
        "  backdoor4j weights fetch convnext-tiny",
        "  backdoor4j weights fetch vit-b-16 --dir /data/weights"
      })
  Integer fetch(
      @Parameters(
              paramLabel = "MODEL",
              completionCandidates = KnownIds.Models.class,
              description = "Architecture, see 'backdoor4j list models'.")
          String id,
      @Mixin FetchFlags flags) {
    new WeightsFetch(cli).run(id, flags);
    return 0;
  }

  private static ObjectNode tree(Weights weights) {
    ObjectNode node = PlanTrees.empty();
    node.set("metadata", Json.tree(weights.metadata()));
    ArrayNode tensors = node.putArray("tensors");
    weights
        .tensors()
        .forEach(
            (name, tensor) -> {
              ObjectNode entry = tensors.addObject().put("name", name).put("type", type(tensor));
              entry.set("shape", Json.tree(tensor.shape()));
            });
    return node;
  }

  private void print(Weights weights) {
    weights.metadata().forEach((name, value) -> cli.out().println(name + ": " + value));
    if (!weights.metadata().isEmpty()) {
      cli.out().println();
    }
    TextTable table = TextTable.ofTexts("tensor", "type", "shape");
    weights
        .tensors()
        .forEach(
            (name, tensor) ->
                table.add(List.of(name, type(tensor), Arrays.toString(tensor.shape()))));
    table.lines().forEach(cli.out()::println);
    long values = weights.tensors().values().stream().mapToLong(Tensor::numel).sum();
    cli.out()
        .println(
            String.format(Locale.ROOT, "%d tensors, %,d values", weights.tensors().size(), values));
  }

  private static String type(Tensor tensor) {
    return tensor.scalar_type().intern().name().toLowerCase(Locale.ROOT);
  }
}
