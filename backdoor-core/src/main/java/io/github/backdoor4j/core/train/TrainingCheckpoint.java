package io.github.backdoor4j.core.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.google.common.hash.Hashing;
import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.record.Json;
import io.github.backdoor4j.core.tensor.Engine;
import io.github.backdoor4j.core.tensor.Safetensors;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * State of one training in one safetensors file: parameters, buffers, optimiser state, and as
 * metadata the schedule and the epochs so far. Generators need no entry: each epoch's start from
 * the seed and the epoch's number.
 */
final class TrainingCheckpoint {

  /**
   * How far a training is.
   *
   * @param reports one per finished epoch
   * @param stopped whether a listener ended it
   */
  record Progress(List<EpochReport> reports, boolean stopped) {}

  private static final Logger LOG = LoggerFactory.getLogger(TrainingCheckpoint.class);

  private final Path file;
  private final Map<String, Tensor> tensors = new LinkedHashMap<>();
  private final List<PartInTraining> parts;
  private final String fingerprint;

  TrainingCheckpoint(
      Path file,
      List<PartInTraining> parts,
      Map<String, Tensor> stepState,
      TrainingPlan plan,
      ImageDataset data,
      Seed seed) {
    this.file = file;
    this.parts = parts;
    parts.forEach(part -> tensors.putAll(part.tensors()));
    stepState.forEach((name, tensor) -> tensors.put("step/" + name, tensor));
    this.fingerprint = fingerprint(plan, data, seed);
  }

  /** What must agree for a checkpoint to be of the same training. */
  private String fingerprint(TrainingPlan plan, ImageDataset data, Seed seed) {
    StringBuilder text = new StringBuilder(Json.write(plan));
    text.append('\n').append(seed.value()).append('\n').append(data.contentHash());
    text.append('\n').append(Engine.version());
    for (PartInTraining part : parts) {
      text.append('\n').append(Json.write(part.part().optimizer()));
      text.append(Json.write(part.part().schedule()));
    }
    tensors.forEach(
        (name, tensor) -> text.append('\n').append(name).append(Arrays.toString(tensor.shape())));
    return Hashing.sha256().hashString(text, StandardCharsets.UTF_8).toString();
  }

  void save(Progress progress) {
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put("fingerprint", fingerprint);
    metadata.put("progress", Json.write(progress));
    for (PartInTraining part : parts) {
      String name = part.part().name();
      metadata.put("schedule" + name, Json.write(part.schedule().state()));
      metadata.put("optimizer_steps" + name, Long.toString(part.optimizer().steps()));
    }
    new Safetensors(tensors, metadata).write(file);
  }

  /** Restores the state if there is a checkpoint of this very training. */
  Optional<Progress> restore() {
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    if (!fingerprint.equals(Safetensors.metadata(file).get("fingerprint"))) {
      LOG.warn("{} belongs to a training with other settings or data; starting over", file);
      return Optional.empty();
    }
    try (TensorScope scope = TensorScope.open();
        NoGradGuard guard = new NoGradGuard()) {
      Safetensors saved = Safetensors.read(file);
      for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
        entry.getValue().copy_(required(saved.tensors().get(entry.getKey()), entry.getKey()));
      }
      Map<String, String> metadata = saved.metadata();
      for (PartInTraining part : parts) {
        restore(part, metadata);
      }
      return Optional.of(Json.read(required(metadata.get("progress"), "progress"), Progress.class));
    } catch (JsonProcessingException | NumberFormatException e) {
      throw new DataException(e, "checkpoint %s is broken (%s). Delete it to start over.", file, e);
    }
  }

  private void restore(PartInTraining part, Map<String, String> metadata)
      throws JsonProcessingException {
    String rate = "schedule" + part.part().name();
    String steps = "optimizer_steps" + part.part().name();
    part.schedule().state(Json.read(required(metadata.get(rate), rate), Schedule.State.class));
    part.optimizer().steps(Long.parseLong(required(metadata.get(steps), steps)));
  }

  private <T> T required(@org.jspecify.annotations.Nullable T value, String name) {
    if (value == null) {
      throw new DataException("checkpoint %s lacks '%s'. Delete it to start over.", file, name);
    }
    return value;
  }
}
