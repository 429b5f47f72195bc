package io.github.backdoor4j.eval;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.data.Augmentation;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.data.Normalization;
import io.github.backdoor4j.core.record.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;

/**
 * An attack that was carried out, as its record tells.
 *
 * @param folder of the cell
 * @param result its record
 */
record RecordedAttack(Path folder, ResultRecord result) {

  /**
   * Finds the attack.
   *
   * @param place folder of the result ({@code OUT/cells/KEY}), or the output folder of a run with
   *     one attack
   * @throws UsageException if the output folder holds several attacks
   * @throws DataException if there is none, or its record is broken
   */
  static RecordedAttack find(Path place) {
    Path cells = place.toAbsolutePath().getParent();
    if (cells != null && cells.endsWith("cells") && Files.exists(place.resolve("record.json"))) {
      RecordStore store = RecordStore.open(Objects.requireNonNull(cells.getParent()));
      return of(place, store.find(String.valueOf(place.getFileName())));
    }
    RecordStore store = RecordStore.open(place);
    List<ResultRecord> attacks =
        store.all().stream().filter(r -> r.kind() == ResultRecord.Kind.ATTACK).toList();
    if (attacks.size() > 1) {
      throw new UsageException(
          "%s holds %d attacks; name the folder of one: %s",
          place,
          attacks.size(),
          String.join(", ", attacks.stream().map(r -> line(store, r)).toList()));
    }
    return of(
        attacks.isEmpty() ? place : store.folder(attacks.get(0).key()),
        attacks.stream().findFirst());
  }

  private static String line(RecordStore store, ResultRecord result) {
    return store.folder(result.key())
        + " ("
        + result.spec().attack()
        + ", seed "
        + result.spec().seed()
        + ")";
  }

  private static RecordedAttack of(Path folder, Optional<ResultRecord> found) {
    ResultRecord result =
        found
            .filter(r -> r.kind() == ResultRecord.Kind.ATTACK)
            .orElseThrow(
                () ->
                    new DataException(
                        "%s holds no result of an attack; name OUT/cells/KEY of one, or the output"
                            + " folder of a run",
                        folder));
    return new RecordedAttack(folder, result);
  }

  /** The attack with its options. */
  MethodChoice choice() {
    return new MethodChoice(
        result.spec().attack(), ((ObjectNode) result.spec().attackOptions()).deepCopy());
  }

  long seed() {
    return result.spec().seed();
  }

  /** What the trigger learnt, in the caller's scope; empty if options and seed make it. */
  Optional<Map<String, Tensor>> triggerState() {
    return new CellFiles(folder).triggerTensors();
  }

  /** The data set as far as triggers need it: shape, number of classes, normalisation. */
  DatasetSpec data() {
    CellFiles files = new CellFiles(folder);
    Map<String, String> metadata = files.modelMetadata();
    try {
      Normalization normalization =
          Json.read(required(metadata, "normalization"), Normalization.class);
      int classes = Integer.parseInt(required(metadata, "classes"));
      ImageShape shape = files.triggeredShape();
      return new DatasetSpec(
          result.spec().dataset(),
          shape,
          IntStream.range(0, classes).mapToObj(Integer::toString).toList(),
          normalization,
          Augmentation.NONE);
    } catch (JsonProcessingException | NumberFormatException e) {
      throw new DataException(e, "the metadata of the model in %s is broken: %s", folder, e);
    }
  }

  private String required(Map<String, String> metadata, String name) {
    String value = metadata.get(name);
    if (value == null) {
      throw new DataException("the model in %s does not say its %s", folder, name);
    }
    return value;
  }
}
