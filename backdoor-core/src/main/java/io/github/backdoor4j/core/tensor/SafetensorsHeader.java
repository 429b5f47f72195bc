package io.github.backdoor4j.core.tensor;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Checks the header of a safetensors file, which may come from anywhere. */
final class SafetensorsHeader {

  /** One tensor as the header describes it; bytes from (inclusive) to (exclusive) of the data. */
  record Entry(String name, ScalarType type, long[] shape, long from, long to) {}

  private SafetensorsHeader() {}

  /**
   * The tensors a header describes.
   *
   * @param size bytes of data after the header
   * @throws io.github.backdoor4j.core.DataException if they do not fill the data exactly
   */
  static List<Entry> entries(Path file, JsonNode header, long size) {
    List<Entry> entries = new ArrayList<>();
    for (Map.Entry<String, JsonNode> field : header.properties()) {
      if (!field.getKey().equals(Safetensors.METADATA)) {
        entries.add(entryOf(file, field.getKey(), field.getValue()));
      }
    }
    requireDense(file, entries, size);
    return entries;
  }

  private static Entry entryOf(Path file, String name, JsonNode node) {
    ScalarType type = Safetensors.TYPES.get(node.path("dtype").asText());
    if (type == null) {
      throw Safetensors.broken(
          file, "tensor '%s' has the unknown type %s", name, node.path("dtype"));
    }
    long[] shape = naturals(file, name, node.path("shape"));
    long[] offsets = naturals(file, name, node.path("data_offsets"));
    long bytes = checkedBytes(shape, torch.elementSize(type));
    if (offsets.length != 2 || bytes < 0 || offsets[1] - offsets[0] != bytes) {
      throw Safetensors.broken(
          file,
          "tensor '%s' of shape %s does not fit the bytes %s",
          name,
          Arrays.toString(shape),
          Arrays.toString(offsets));
    }
    return new Entry(name, type, shape, offsets[0], offsets[1]);
  }

  private static long[] naturals(Path file, String name, JsonNode array) {
    boolean valid = array.isArray();
    long[] values = new long[array.size()];
    for (int i = 0; i < values.length; i++) {
      JsonNode value = array.get(i);
      valid &= value.isIntegralNumber() && value.canConvertToLong() && value.longValue() >= 0;
      values[i] = value.longValue();
    }
    if (!valid) {
      throw Safetensors.broken(
          file, "tensor '%s' has %s where natural numbers belong", name, array);
    }
    return values;
  }

  /** The format's rule: tensors neither overlap nor leave holes, and fill the data. */
  private static void requireDense(Path file, List<Entry> entries, long size) {
    List<Entry> sorted = new ArrayList<>(entries);
    sorted.sort(Comparator.comparingLong(Entry::from).thenComparingLong(Entry::to));
    long end = 0;
    for (Entry entry : sorted) {
      if (entry.from() != end) {
        throw Safetensors.broken(
            file, "tensor '%s' starts at byte %d instead of %d", entry.name(), entry.from(), end);
      }
      end = entry.to();
    }
    if (end != size) {
      throw Safetensors.broken(file, "its tensors have %d bytes, but it holds %d", end, size);
    }
  }

  /** Product of the extents times the element size; −1 if beyond a long. */
  private static long checkedBytes(long[] shape, long elementSize) {
    long bytes = elementSize;
    try {
      for (long extent : shape) {
        bytes = Math.multiplyExact(bytes, extent);
      }
    } catch (ArithmeticException e) {
      return -1;
    }
    return bytes;
  }
}
