package io.github.backdoor4j.core.tensor;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableBiMap;
import io.github.backdoor4j.core.AtomicFiles;
import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.tensor.SafetensorsHeader.Entry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Tensors in files, in the safetensors format: eight bytes header length (little-endian), a JSON
 * header, raw little-endian data. Nothing in such a file can be executed.
 *
 * @param tensors the tensors by name, in file order
 * @param metadata free text entries of the header
 * @see <a href="https://huggingface.co/docs/safetensors">the format</a>
 */
public record Safetensors(Map<String, Tensor> tensors, Map<String, String> metadata)
    implements HasTensors {

  static final String METADATA = "__metadata__";
  private static final long MAX_HEADER = 100L << 20; // the limit of the reference reader
  private static final ObjectMapper JSON =
      new ObjectMapper()
          .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
  static final ImmutableBiMap<String, ScalarType> TYPES =
      ImmutableBiMap.<String, ScalarType>builder()
          .put("F64", ScalarType.Double)
          .put("F32", ScalarType.Float)
          .put("F16", ScalarType.Half)
          .put("BF16", ScalarType.BFloat16)
          .put("I64", ScalarType.Long)
          .put("I32", ScalarType.Int)
          .put("I16", ScalarType.Short)
          .put("I8", ScalarType.Char)
          .put("U8", ScalarType.Byte)
          .put("BOOL", ScalarType.Bool)
          .buildOrThrow();

  @Override
  public void forEachTensor(java.util.function.Consumer<Tensor> visitor) {
    tensors.values().forEach(visitor);
  }

  /** Writes a file atomically: readers see the old content or the new, never a part. */
  public void write(Path file) {
    AtomicFiles.replace(file, this::writeTo);
  }

  private void writeTo(WritableByteChannel out) throws IOException {
    ObjectNode header = JSON.createObjectNode();
    if (!metadata.isEmpty()) {
      header.set(METADATA, JSON.valueToTree(new TreeMap<>(metadata)));
    }
    long offset = 0;
    for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
      offset = describe(header, entry.getKey(), entry.getValue(), offset);
    }
    byte[] json = JSON.writeValueAsBytes(header);
    int padding = (8 - json.length % 8) % 8; // data starts aligned
    ByteBuffer head = ByteBuffer.allocate(8 + json.length + padding).order(ByteOrder.LITTLE_ENDIAN);
    head.putLong(json.length + padding).put(json);
    while (head.hasRemaining()) {
      head.put((byte) ' ');
    }
    writeFully(out, head.flip());
    for (Tensor tensor : tensors.values()) {
      writeData(out, tensor);
    }
  }

  private static long describe(ObjectNode header, String name, Tensor tensor, long offset) {
    String type = TYPES.inverse().get(tensor.scalar_type().intern());
    if (type == null) {
      throw new IllegalArgumentException(name + " has a type that safetensors cannot hold");
    }
    long end = offset + tensor.numel() * tensor.itemsize();
    ObjectNode entry = header.putObject(name).put("dtype", type);
    ArrayNode shape = entry.putArray("shape");
    for (long extent : tensor.shape()) {
      shape.add(extent);
    }
    entry.putArray("data_offsets").add(offset).add(end);
    return end;
  }

  private static void writeData(WritableByteChannel out, Tensor tensor) throws IOException {
    try (TensorScope scope = TensorScope.open()) {
      Tensor dense = ComputeDevice.CPU.place(tensor.detach()).contiguous();
      if (dense.nbytes() > 0) {
        writeFully(out, Tensors.bytesOf(dense).asByteBuffer());
      }
    }
  }

  private static void writeFully(WritableByteChannel out, ByteBuffer buffer) throws IOException {
    while (buffer.hasRemaining()) {
      out.write(buffer);
    }
  }

  /** Reads only the metadata of a file, without starting the engine. */
  public static Map<String, String> metadata(Path file) {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      return metadataOf(readHeader(file, channel));
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  /**
   * Reads a file into CPU tensors.
   *
   * @throws DataException if the file is missing, truncated or not safetensors
   */
  public static Safetensors read(Path file) {
    Engine.start();
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      JsonNode header = readHeader(file, channel);
      long start = channel.position();
      List<Entry> entries = SafetensorsHeader.entries(file, header, channel.size() - start);
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      for (Entry entry : entries) {
        tensors.put(entry.name(), readTensor(file, channel, start, entry));
      }
      return new Safetensors(tensors, metadataOf(header));
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  /**
   * Maps a file into memory: the tensors are views of one mapping that the last of them unmaps.
   * Pages are read when they are first touched, and what is written to a tensor stays private.
   * Nobody may shorten the file as long as a tensor lives; on Windows nobody can delete it either.
   *
   * @throws DataException if the file is missing, truncated or not safetensors
   */
  public static Safetensors map(Path file) {
    Engine.start();
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
        TensorScope scope = TensorScope.open()) {
      JsonNode header = readHeader(file, channel);
      long start = channel.position();
      List<Entry> entries = SafetensorsHeader.entries(file, header, channel.size() - start);
      Tensor whole = mapped(file, channel.size());
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      for (Entry entry : entries) {
        tensors.put(entry.name(), view(whole, start, entry));
      }
      return scope.keep(new Safetensors(tensors, metadataOf(header)));
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  private static Tensor mapped(Path file, long size) {
    try {
      return torch.from_file(
          file.toString(),
          new BoolOptional(false),
          new LongOptional(size),
          new TensorOptions(ScalarType.Byte));
    } catch (RuntimeException e) { // of the engine
      throw new DataException(
          e,
          "%s cannot be mapped into memory: %s",
          file,
          String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
    }
  }

  private static Tensor view(Tensor whole, long start, Entry entry) {
    long from = start + entry.from();
    Tensor bytes = whole.narrow(0, from, entry.to() - entry.from());
    boolean aligned = from % torch.elementSize(entry.type()) == 0;
    return (aligned ? bytes : bytes.clone()).view(entry.type()).view(entry.shape());
  }

  private static JsonNode readHeader(Path file, FileChannel channel) throws IOException {
    ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    readFully(file, channel, length);
    long size = length.flip().getLong();
    if (size < 2 || size > Math.min(MAX_HEADER, channel.size() - 8)) {
      throw broken(file, "its header claims %d bytes", size);
    }
    ByteBuffer json = ByteBuffer.allocate((int) size);
    readFully(file, channel, json);
    try {
      JsonNode header = JSON.readTree(new String(json.array(), StandardCharsets.UTF_8));
      if (!header.isObject()) {
        throw broken(file, "its header is no JSON object");
      }
      return header;
    } catch (JsonProcessingException e) {
      throw broken(file, "its header is no JSON (%s)", e.getOriginalMessage());
    }
  }

  private static Map<String, String> metadataOf(JsonNode header) {
    Map<String, String> metadata = new TreeMap<>();
    header
        .path(METADATA)
        .properties()
        .forEach(f -> metadata.put(f.getKey(), f.getValue().asText()));
    return metadata;
  }

  private static Tensor readTensor(Path file, FileChannel channel, long start, Entry entry)
      throws IOException {
    Tensor tensor = torch.zeros(entry.shape(), new TensorOptions(entry.type()));
    try (TensorScope scope = TensorScope.open()) {
      fill(file, channel, start + entry.from(), tensor, entry.to() - entry.from());
    }
    return tensor;
  }

  private static void fill(Path file, FileChannel channel, long at, Tensor tensor, long bytes)
      throws IOException {
    channel.position(at);
    for (long done = 0; done < bytes; ) {
      int chunk = (int) Math.min(1 << 24, bytes - done);
      readFully(file, channel, Tensors.window(tensor, done, chunk));
      done += chunk;
    }
  }

  private static void readFully(Path file, FileChannel channel, ByteBuffer buffer)
      throws IOException {
    while (buffer.hasRemaining()) {
      if (channel.read(buffer) < 0) {
        throw broken(file, "it ends too early");
      }
    }
  }

  static DataException broken(Path file, String template, Object... args) {
    return new DataException(
        "%s is no valid safetensors file: %s. Delete it or restore it from its source.",
        file, String.format(java.util.Locale.ROOT, template, args));
  }

  private static DataException unreadable(Path file, IOException cause) {
    return Files.exists(file)
        ? new DataException(cause, "%s cannot be read: %s", file, cause)
        : new DataException(cause, "%s does not exist", file);
  }
}
