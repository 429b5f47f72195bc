package io.github.backdoor4j.eval;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.data.PoisonedDataset;
import io.github.backdoor4j.core.data.TriggeredSet;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkWithMixer;
import io.github.backdoor4j.core.record.Json;
import io.github.backdoor4j.core.tensor.Safetensors;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.core.train.Checkpoints;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;

/**
 * What a cell keeps beside its record: weights, the poisoned set, the triggered test images, which
 * clean images a defender got.
 */
final class CellFiles {

  private static final String ROWS = "rows";
  private static final String IMAGES = "images";
  private static final String LABELS = "labels";
  private static final String ATTACK_LABELS = "attack_labels";
  private static final String ORIGINAL_LABELS = "original_labels";
  private static final String MIXERS = "mixers";

  private final Path folder;

  CellFiles(Path folder) {
    this.folder = folder;
  }

  Path checkpoints() {
    return folder.resolve("checkpoints");
  }

  void clearCheckpoints() {
    Checkpoints.in(checkpoints()).clear();
  }

  private Path model() {
    return folder.resolve("model.safetensors");
  }

  private Path poisoned() {
    return folder.resolve("poisoned.safetensors");
  }

  private Path cover() {
    return folder.resolve("cover.safetensors");
  }

  private Path triggerState() {
    return folder.resolve("trigger.safetensors");
  }

  private Path holdout() {
    return folder.resolve("holdout.safetensors");
  }

  private Path triggered() {
    return folder.resolve("triggered.safetensors");
  }

  /** Whether everything is there that defenses on this cell need. */
  boolean complete() {
    return Files.exists(model()) && Files.exists(triggered());
  }

  /** Saves weights; a backdoored model, or one made from it, says so in its metadata. */
  void saveModel(Network network, ResultRecord.CellSpec spec, String key, DatasetSpec data) {
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put("architecture", spec.model());
    metadata.put("architecture_options", Json.write(spec.modelOptions()));
    metadata.put("classes", Integer.toString(data.classes()));
    metadata.put("dataset", spec.dataset());
    if (data.shape().height() == data.shape().width()) {
      metadata.put("image_size", Integer.toString(data.shape().height()));
    }
    metadata.put("normalization", Json.write(data.normalization()));
    if (!NetworkWithMixer.places(network).isEmpty()) {
      metadata.put(MIXERS, Json.write(NetworkWithMixer.places(network)));
    }
    metadata.put("record", key);
    if (!spec.control()) {
      metadata.put(
          "warning",
          spec.defense().isEmpty()
              ? "BACKDOORED on purpose, for defense research; do not deploy"
              : "made from a BACKDOORED model by a defense that may have failed; do not deploy");
      metadata.put("attack", spec.attack());
      metadata.put("attack_options", Json.write(spec.attackOptions()));
    }
    new Safetensors(network.state(), metadata).write(model());
  }

  /** What {@link #saveModel} wrote beside the weights. */
  Map<String, String> modelMetadata() {
    return Safetensors.metadata(model());
  }

  /** Shape of the images of the data set. */
  ImageShape triggeredShape() {
    try (TensorScope scope = TensorScope.open()) {
      Tensor images = tensor(Safetensors.read(triggered()), IMAGES, triggered());
      return new ImageShape((int) images.size(1), (int) images.size(2), (int) images.size(3));
    }
  }

  /** Loads weights into a blank network, which gets the mixers that the file names. */
  Network loadModel(Network blank) {
    Network network = withMixers(blank, modelMetadata());
    try (TensorScope scope = TensorScope.open()) {
      network.copyState(Safetensors.read(model()).tensors());
    }
    return network;
  }

  /**
   * The network that weights are of: a plain one, or the same with the mixers that the weights'
   * metadata names.
   *
   * @throws DataException if they do not fit the network
   */
  static Network withMixers(Network plain, Map<String, String> metadata) {
    String places = metadata.getOrDefault(MIXERS, "[]");
    try {
      String[] names = Json.read(places, String[].class);
      return NetworkWithMixer.with(plain, Stream.of(names).map(String::valueOf).toList());
    } catch (JsonProcessingException | UsageException e) {
      throw new DataException(
          e,
          "the weights are of a network with mixers at %s, which do not fit the network: %s",
          places,
          String.valueOf(e.getMessage()));
    }
  }

  void savePoisoned(PoisonedDataset set) {
    save(set, poisoned());
    set.cover().ifPresent(covered -> save(covered, cover()));
  }

  private static void save(PoisonedDataset set, Path file) {
    try (TensorScope scope = TensorScope.open()) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      tensors.put(ROWS, Tensors.ofLongs(set.poisonedRows()));
      tensors.put(IMAGES, set.poisonedImages());
      tensors.put(LABELS, Tensors.ofLongs(set.poisonedLabels()));
      new Safetensors(tensors, Map.of("clean_hash", set.clean().contentHash())).write(file);
    }
  }

  Optional<PoisonedDataset> loadPoisoned(ImageDataset clean) {
    if (!Files.exists(poisoned())) {
      return Optional.empty();
    }
    PoisonedDataset set = load(clean, poisoned());
    if (!Files.exists(cover())) {
      return Optional.of(set);
    }
    PoisonedDataset covered = load(clean, cover());
    return Optional.of(set.withCover(covered.poisonedRows(), covered.poisonedImages()));
  }

  private static PoisonedDataset load(ImageDataset clean, Path path) {
    Safetensors file = Safetensors.read(path);
    return new PoisonedDataset(
        clean, longs(file, ROWS, path), tensor(file, IMAGES, path), longs(file, LABELS, path));
  }

  /** Keeps what a trigger learnt, from which it can be made again. */
  void saveTriggerState(Map<String, Tensor> state) {
    new Safetensors(state, Map.of("content", "state of a backdoor trigger")).write(triggerState());
  }

  /** What a trigger learnt; empty for triggers that options and seed make. */
  Optional<Map<String, Tensor>> triggerTensors() {
    return Files.exists(triggerState())
        ? Optional.of(Safetensors.read(triggerState()).tensors())
        : Optional.empty();
  }

  /**
   * Keeps which rows of the clean training set a defender got.
   *
   * @param cleanHash content hash of that set
   */
  void saveHoldout(long[] rows, String cleanHash) {
    try (TensorScope scope = TensorScope.open()) {
      new Safetensors(Map.of(ROWS, Tensors.ofLongs(rows)), Map.of("clean_hash", cleanHash))
          .write(holdout());
    }
  }

  void saveTriggered(TriggeredSet set) {
    try (TensorScope scope = TensorScope.open()) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      tensors.put(ROWS, Tensors.ofLongs(set.rows()));
      tensors.put(IMAGES, set.images());
      tensors.put(ATTACK_LABELS, Tensors.ofLongs(set.attackLabels()));
      tensors.put(ORIGINAL_LABELS, Tensors.ofLongs(set.originalLabels()));
      new Safetensors(tensors, Map.of()).write(triggered());
    }
  }

  TriggeredSet loadTriggered(DatasetSpec spec) {
    Safetensors file = Safetensors.read(triggered());
    return new TriggeredSet(
        spec,
        tensor(file, IMAGES, triggered()),
        longs(file, ATTACK_LABELS, triggered()),
        longs(file, ORIGINAL_LABELS, triggered()),
        longs(file, ROWS, triggered()));
  }

  private static Tensor tensor(Safetensors file, String name, Path path) {
    Tensor tensor = file.tensors().get(name);
    if (tensor == null) {
      throw new DataException(
          "%s lacks the tensor '%s'. Delete its folder and run again.", path, name);
    }
    return tensor;
  }

  private static long[] longs(Safetensors file, String name, Path path) {
    return Tensors.toLongs(tensor(file, name, path));
  }
}
