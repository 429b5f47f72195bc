package io.github.backdoor4j.eval;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.data.Augmentation;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.data.Normalization;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.nn.Weights;
import io.github.backdoor4j.core.record.Json;
import io.github.backdoor4j.core.spi.Architecture;
import io.github.backdoor4j.core.spi.Registries;
import io.github.backdoor4j.core.tensor.Seed;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * A network and its weights from the command line. What is not given comes from the metadata of the
 * weight file.
 */
final class ModelFlags {

  private static final int USUAL_SIDE = 32;

  @Mixin private final ModelChoiceFlags model = new ModelChoiceFlags();

  @Option(
      names = "--weights",
      paramLabel = "FILE",
      required = true,
      description = "Weights: safetensors, or a state dictionary of PyTorch (.pt, .pth).")
  private Path weights = Path.of("");

  @Option(
      names = "--skip-objects",
      description =
          "Leave out objects of other classes in a PyTorch file instead of refusing it. Nothing is"
              + " executed in either case.")
  private boolean skipObjects;

  @Option(
      names = "--partial",
      description = "Load the weights that fit by name and shape; the others are drawn anew.")
  private boolean partial;

  @Option(
      names = "--dataset",
      paramLabel = "ID",
      completionCandidates = KnownIds.Datasets.class,
      description =
          "Data set whose size, classes and normalisation hold. Default: what the file says.")
  private @Nullable String dataset;

  @Option(names = "--classes", paramLabel = "N", description = "Number of classes.")
  private @Nullable Integer classes;

  @Option(names = "--size", paramLabel = "PIXELS", description = "Side of the network's images.")
  private @Nullable Integer size;

  /**
   * A network ready to use.
   *
   * @param spec shape, class names and normalisation
   * @param left names of weights that were not in the file, with {@code --partial}
   */
  record Loaded(Network network, DatasetSpec spec, List<String> left, Weights weights) {}

  /**
   * Builds the network and fills it.
   *
   * @throws UsageException if something is neither given nor in the file
   * @throws DataException if the file is broken or does not fit
   */
  Loaded load(Registries registries) {
    Weights file = Weights.read(weights, skipObjects);
    Map<String, String> facts = file.metadata();
    DatasetSpec spec = spec(registries, facts);
    String id =
        model
            .id()
            .or(() -> fact(facts, "architecture", "model_name"))
            .orElseThrow(() -> missing("--model", "architecture"));
    Architecture<?> architecture = registries.architectures().get(id);
    ObjectNode options = PlanTrees.empty();
    if (facts.containsKey("architecture_options")
        && sameArchitecture(registries, facts, architecture)) {
      options = read(facts, "architecture_options", ObjectNode.class);
    }
    MethodChoice choice =
        new MethodChoice(architecture.id(), PlanTrees.merge(options, model.options()));
    Network plain =
        Bound.build(Bound.of("model", architecture, spec, choice), NetworkSpec.of(spec));
    Network network = CellFiles.withMixers(plain.initialize(new Seed(0)), facts);
    List<String> left = partial ? file.copyMatchingTo(network) : copyAll(file, network);
    return new Loaded(network, spec, left, file);
  }

  private static List<String> copyAll(Weights file, Network network) {
    file.copyTo(network);
    return List.of();
  }

  private static boolean sameArchitecture(
      Registries registries, Map<String, String> facts, Architecture<?> chosen) {
    String named = facts.getOrDefault("architecture", "");
    return registries.architectures().get(named).id().equals(chosen.id());
  }

  private DatasetSpec spec(Registries registries, Map<String, String> facts) {
    Optional<DatasetSpec> data = published(registries, facts);
    int count =
        Optional.ofNullable(classes)
            .or(() -> number(facts, "classes", "num_classes"))
            .or(() -> data.map(DatasetSpec::classes))
            .orElseThrow(() -> missing("--classes or --dataset", "number of classes"));
    int side =
        Optional.ofNullable(size)
            .or(() -> number(facts, "image_size"))
            .or(() -> data.map(spec -> spec.shape().height()))
            .orElse(USUAL_SIDE);
    Normalization normalization =
        Optional.of(facts)
            .filter(known -> dataset == null && known.containsKey("normalization"))
            .map(known -> read(known, "normalization", Normalization.class))
            .or(() -> data.map(DatasetSpec::normalization))
            .orElseThrow(() -> missing("--dataset", "normalisation"));
    List<String> names =
        data.map(DatasetSpec::classNames)
            .filter(known -> known.size() == count)
            .orElseGet(() -> IntStream.range(0, count).mapToObj(Integer::toString).toList());
    return new DatasetSpec(
        data.map(DatasetSpec::id).orElse("images"),
        new ImageShape(3, side, side),
        names,
        normalization,
        Augmentation.NONE);
  }

  private Optional<DatasetSpec> published(Registries registries, Map<String, String> facts) {
    if (dataset != null) {
      return registries.datasets().get(dataset).published();
    }
    String named = facts.getOrDefault("dataset", "");
    return registries.datasets().all().stream()
        .filter(source -> source.id().equals(named) || source.aliases().contains(named))
        .findFirst()
        .flatMap(source -> source.published());
  }

  private static Optional<String> fact(Map<String, String> facts, String... names) {
    return Stream.of(names)
        .map(facts::get)
        .filter(text -> text != null && !text.isEmpty())
        .findFirst();
  }

  private static Optional<Integer> number(Map<String, String> facts, String... names) {
    return fact(facts, names).filter(text -> text.matches("[1-9]\\d{0,5}")).map(Integer::valueOf);
  }

  private <T> T read(Map<String, String> facts, String name, Class<T> type) {
    try {
      return Json.read(facts.getOrDefault(name, ""), type);
    } catch (JsonProcessingException e) {
      throw new DataException(
          e, "%s: its metadata '%s' is broken: %s", weights, name, e.getOriginalMessage());
    }
  }

  private UsageException missing(String flag, String what) {
    return new UsageException("%s does not say its %s: give %s", weights, what, flag);
  }
}
