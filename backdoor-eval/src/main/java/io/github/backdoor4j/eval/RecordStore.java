package io.github.backdoor4j.eval;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.google.common.hash.Hashing;
import io.github.backdoor4j.core.AtomicFiles;
import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.record.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The records of one output folder: {@code cells/KEY/record.json} and whatever the cell keeps
 * beside it. The key is a hash of the spec, so equal work has one place.
 */
public final class RecordStore {

  private static final int KEY_LENGTH = 16;
  private static final String RECORD = "record.json";

  private final Path root;

  private RecordStore(Path root) {
    this.root = root;
  }

  /** The store in a run's output folder, which need not exist yet. */
  public static RecordStore open(Path root) {
    return new RecordStore(root);
  }

  /** The address of a spec: 16 hexadecimal digits of the SHA-256 of its JSON with sorted names. */
  public static String key(ResultRecord.CellSpec spec, ResultRecord.Kind kind) {
    try {
      JsonNode tree = Json.tree(spec);
      Object sorted = Json.mapper().treeToValue(tree, Object.class);
      String canonical =
          Json.mapper()
              .writer()
              .with(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
              .writeValueAsString(sorted);
      return Hashing.sha256()
          .hashString(kind + "\n" + canonical, StandardCharsets.UTF_8)
          .toString()
          .substring(0, KEY_LENGTH);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a spec is always JSON", e);
    }
  }

  /** Folder of one cell. */
  public Path folder(String key) {
    return root.resolve("cells").resolve(key);
  }

  /** Folder of what several cells share: clean models, encoders, adversarial images. */
  public Path shared() {
    return root.resolve("shared");
  }

  /** Output folder that the store is in. */
  public Path root() {
    return root;
  }

  /**
   * The record at a key.
   *
   * @throws DataException if there is a file, but it is no record of this version or not this key's
   */
  public Optional<ResultRecord> find(String key) {
    Path file = folder(key).resolve(RECORD);
    return Files.exists(file) ? Optional.of(read(file, key)) : Optional.empty();
  }

  /** Writes a record atomically. */
  public void save(ResultRecord result) {
    AtomicFiles.replace(folder(result.key()).resolve(RECORD), Json.writePretty(result));
  }

  /** All records of the folder, in the order they were written. */
  public List<ResultRecord> all() {
    Path cells = root.resolve("cells");
    if (!Files.isDirectory(cells)) {
      throw new DataException(
          "%s holds no records (no folder 'cells'). Name the output folder of a run.", root);
    }
    try (Stream<Path> folders = Files.list(cells)) {
      List<Path> files =
          new ArrayList<>(folders.map(f -> f.resolve(RECORD)).filter(Files::exists).toList());
      files.sort(
          java.util.Comparator.comparing(RecordStore::modified)
              .thenComparing(java.util.Comparator.naturalOrder()));
      List<ResultRecord> records = new ArrayList<>();
      for (Path file : files) {
        Path folder = java.util.Objects.requireNonNull(file.getParent());
        records.add(read(file, String.valueOf(folder.getFileName())));
      }
      return records;
    } catch (IOException e) {
      throw new DataException(e, "%s cannot be listed: %s", cells, e);
    }
  }

  private static java.nio.file.attribute.FileTime modified(Path file) {
    try {
      return Files.getLastModifiedTime(file);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static ResultRecord read(Path file, String key) {
    ResultRecord result;
    try {
      result = Json.read(Files.readString(file), ResultRecord.class);
    } catch (IOException e) {
      String reason =
          e instanceof JsonProcessingException json ? json.getOriginalMessage() : e.toString();
      throw new DataException(
          e,
          "record %s is broken: %s. Delete its folder and run again to make it anew.",
          file,
          reason);
    }
    if (result.schema() != ResultRecord.SCHEMA || !result.key().equals(key)) {
      throw new DataException(
          "record %s has schema %d and key %s, but schema %d and key %s were expected. Delete its"
              + " folder and run again to make it anew.",
          file, result.schema(), result.key(), ResultRecord.SCHEMA, key);
    }
    return result;
  }
}
