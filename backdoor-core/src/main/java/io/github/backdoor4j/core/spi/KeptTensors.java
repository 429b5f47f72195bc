package io.github.backdoor4j.core.spi;

import com.fasterxml.jackson.databind.SerializationFeature;
import com.google.common.hash.Hashing;
import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.PathLocks;
import io.github.backdoor4j.core.record.Json;
import io.github.backdoor4j.core.tensor.Engine;
import io.github.backdoor4j.core.tensor.Safetensors;
import io.github.backdoor4j.core.tensor.TensorScope;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Tensors that are dear to make and the same for several runs, such as the weights of an encoder:
 * each in a file named by a hash of everything it depends on. Safe with several processes: files
 * appear whole, and two that make the same thing write the same. Of several threads of one process
 * one makes a thing while the others wait for it.
 */
public final class KeptTensors {

  private static final int HASH_LENGTH = 16;
  private static final String KEY = "key";

  private final @Nullable Path folder;

  private KeptTensors(@Nullable Path folder) {
    this.folder = folder;
  }

  /** Keeps nothing: the work is done at each call. */
  public static KeptTensors none() {
    return new KeptTensors(null);
  }

  /** Keeps them in a folder, which is made when needed. */
  public static KeptTensors in(Path folder) {
    return new KeptTensors(folder);
  }

  /**
   * Finds tensors, or makes and keeps them. They belong to the caller's scope.
   *
   * @param name of the thing, part of the file's name: lower-case words with hyphens
   * @param key everything the result depends on, as values that JSON can hold; the engine's version
   *     is added
   * @param work makes the tensors
   * @throws DataException if the file is broken
   */
  public Map<String, Tensor> get(
      String name, Map<String, ?> key, Supplier<Map<String, Tensor>> work) {
    if (folder == null) {
      return made(work);
    }
    String full = canonical(key);
    String hash = Hashing.sha256().hashString(full, StandardCharsets.UTF_8).toString();
    Path file = folder.resolve(name + "-" + hash.substring(0, HASH_LENGTH) + ".safetensors");
    return PathLocks.at(file, () -> get(file, name, full, work));
  }

  private static Map<String, Tensor> get(
      Path file, String name, String full, Supplier<Map<String, Tensor>> work) {
    if (Files.exists(file)) {
      Safetensors kept = Safetensors.read(file);
      if (full.equals(kept.metadata().get(KEY))) {
        return kept.tensors();
      }
      throw new DataException(
          "%s was not made from %s, as its name says. Delete it to make it anew.", file, full);
    }
    Map<String, Tensor> tensors = made(work);
    new Safetensors(tensors, Map.of("content", name, KEY, full)).write(file);
    return tensors;
  }

  private static Map<String, Tensor> made(Supplier<Map<String, Tensor>> work) {
    try (TensorScope scope = TensorScope.open()) {
      Map<String, Tensor> tensors = work.get();
      tensors.values().forEach(scope::keep);
      return tensors;
    }
  }

  private static String canonical(Map<String, ?> key) {
    Map<String, Object> all = new TreeMap<>(key);
    all.put("engine", Engine.version());
    try {
      Object plain = Json.mapper().treeToValue(Json.tree(all), Object.class);
      return Json.mapper()
          .writer()
          .with(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
          .writeValueAsString(plain);
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw new IllegalArgumentException("a key must be JSON: " + key, e);
    }
  }
}
