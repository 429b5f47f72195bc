package io.github.backdoor4j.core.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.record.Json;
import io.github.backdoor4j.core.tensor.Safetensors;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import org.bytedeco.pytorch.Tensor;

/**
 * Parts of a data set in one safetensors file. Its metadata holds what {@link ImageDataset} would
 * have to compute or be told, a checksum of every tensor, and one of the metadata.
 */
final class CachedParts {

  /** Raise it when the layout changes. */
  static final int FORMAT = 1;

  private static final String CHECKSUM = "checksum";
  private static final String FINGERPRINT = "fingerprint";
  private static final String PARTS = "parts";

  private CachedParts() {}

  /** Writes a file atomically. */
  static void write(Path file, String fingerprint, List<ImageDataset> parts) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    Map<String, String> metadata = new TreeMap<>();
    for (int i = 0; i < parts.size(); i++) {
      tensors.put("labels" + i, parts.get(i).labels()); // before all images: so they are aligned
    }
    for (int i = 0; i < parts.size(); i++) {
      ImageDataset part = parts.get(i);
      tensors.put("images" + i, part.images());
      metadata.put("hash" + i, part.contentHash());
      metadata.put("spec" + i, Json.write(part.spec()));
    }
    metadata.put(FINGERPRINT, fingerprint);
    metadata.put(PARTS, Integer.toString(parts.size()));
    metadata.put(CHECKSUM, checksum(tensors, metadata));
    new Safetensors(tensors, metadata).write(file);
  }

  /**
   * Maps a file.
   *
   * @throws DataException if it is damaged or was made for something else
   */
  static List<ImageDataset> read(Path file, String fingerprint) {
    try (TensorScope scope = TensorScope.open()) {
      Safetensors content = Safetensors.map(file);
      Map<String, String> metadata = new TreeMap<>(content.metadata());
      String expected = String.valueOf(metadata.remove(CHECKSUM));
      if (!checksum(content.tensors(), metadata).equals(expected)
          || !fingerprint.equals(metadata.get(FINGERPRINT))) {
        throw new DataException(
            "%s does not hold what was written to it. Delete it; it can be made anew.", file);
      }
      List<ImageDataset> parts = new ArrayList<>();
      for (int i = 0; i < Integer.parseInt(text(file, metadata, PARTS)); i++) {
        parts.add(scope.keep(part(file, content.tensors(), metadata, i)));
      }
      return parts;
    }
  }

  private static ImageDataset part(
      Path file, Map<String, Tensor> tensors, Map<String, String> metadata, int i) {
    Tensor images = tensors.get("images" + i);
    Tensor labels = tensors.get("labels" + i);
    if (images == null || labels == null) {
      throw new DataException("%s lacks part %d. Delete it; it can be made anew.", file, i);
    }
    try {
      DatasetSpec spec = Json.read(text(file, metadata, "spec" + i), DatasetSpec.class);
      return new ImageDataset(spec, images, labels, text(file, metadata, "hash" + i));
    } catch (JsonProcessingException e) {
      throw new DataException(
          e, "%s has a broken description of part %d. Delete it; it can be made anew.", file, i);
    }
  }

  private static String text(Path file, Map<String, String> metadata, String name) {
    String value = metadata.get(name);
    if (value == null) {
      throw new DataException("%s lacks its '%s'. Delete it; it can be made anew.", file, name);
    }
    return value;
  }

  private static String checksum(Map<String, Tensor> tensors, Map<String, String> metadata) {
    Map<String, String> all = new TreeMap<>(metadata);
    tensors.forEach((name, tensor) -> all.put(name, Long.toHexString(Tensors.crc32c(tensor))));
    CRC32C sum = new CRC32C();
    sum.update(Json.write(all).getBytes(StandardCharsets.UTF_8));
    return Long.toHexString(sum.getValue());
  }
}
