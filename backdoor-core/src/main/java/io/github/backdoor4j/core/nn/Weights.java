package io.github.backdoor4j.core.nn;

import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.tensor.HasTensors;
import io.github.backdoor4j.core.tensor.Safetensors;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Tensor;

/**
 * Weights of a network as they stand in a file, by parameter name.
 *
 * @param tensors parameters and buffers, on the CPU
 * @param metadata what the file says of them; entries of a PyTorch dictionary that are texts or
 *     numbers, such as BackdoorBench's {@code model_name} and {@code num_classes}
 */
public record Weights(Map<String, Tensor> tensors, Map<String, String> metadata)
    implements HasTensors {

  /** Where checkpoints keep their state dictionary, most usual first. */
  private static final List<String> USUAL_KEYS =
      List.of("model", "state_dict", "model_state_dict", "net", "weights");

  private static final String PARALLEL = "module.";
  private static final String UNUSED = "num_batches_tracked";

  /**
   * Reads a safetensors file, or a state dictionary that {@code torch.save} wrote, alone or within
   * a checkpoint. Nothing in it is executed. Prefixes {@code module.} and PyTorch's counters of
   * batches are left out.
   *
   * @throws DataException if the file is missing, broken, holds no weights, or names classes other
   *     than those of tensors and containers
   */
  public static Weights read(Path file) {
    return read(file, false);
  }

  /**
   * Reads weights from a checkpoint that also holds objects of other classes.
   *
   * @param skipOthers whether such objects are left out; they are not executed in either case
   */
  public static Weights read(Path file, boolean skipOthers) {
    byte[] start = start(file);
    if (TorchZip.matches(start)) {
      try (TorchFile torch = new TorchZip(file, skipOthers)) {
        return read(torch);
      }
    }
    if (start.length > 1 && start[0] == (byte) 0x80 && start[1] <= 5 && start[1] > 0) {
      try (TorchFile torch = new TorchSeries(file, skipOthers)) {
        return read(torch);
      }
    }
    Safetensors content = Safetensors.read(file);
    return new Weights(content.tensors(), content.metadata());
  }

  private static byte[] start(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      return in.readNBytes(4);
    } catch (java.nio.file.NoSuchFileException e) {
      throw new DataException(e, "%s does not exist", file);
    } catch (IOException e) {
      throw new DataException(e, "%s cannot be read: %s", file, e);
    }
  }

  private static Weights read(TorchFile torch) {
    Map<?, ?> content = torch.content() instanceof Map<?, ?> map ? map : Map.of();
    Map<?, ?> dictionary = stateDictionary(torch.file(), content);
    Map<String, TorchTensor> wanted = new LinkedHashMap<>();
    dictionary.forEach(
        (key, value) -> {
          String name = String.valueOf(key);
          if (value instanceof TorchTensor tensor && !name.endsWith(UNUSED)) {
            String plain = name.startsWith(PARALLEL) ? name.substring(PARALLEL.length()) : name;
            if (wanted.put(plain, tensor) != null) {
              throw torch.broken("it holds '%s' with and without the prefix 'module.'", plain);
            }
          }
        });
    return new Weights(torch.tensors(wanted), facts(content));
  }

  private static Map<?, ?> stateDictionary(Path file, Map<?, ?> content) {
    if (holdsTensors(content)) {
      return content;
    }
    for (String key : USUAL_KEYS) {
      if (content.get(key) instanceof Map<?, ?> inner && holdsTensors(inner)) {
        return inner;
      }
    }
    List<Map<?, ?>> others = new ArrayList<>();
    content.values().stream()
        .filter(value -> value instanceof Map<?, ?> inner && holdsTensors(inner))
        .forEach(value -> others.add((Map<?, ?>) value));
    if (others.size() != 1) {
      String keys =
          content.keySet().stream()
              .limit(20)
              .map(String::valueOf)
              .collect(Collectors.joining(", "));
      throw new DataException(
          "%s holds %s of weights; expected is one, alone or under a key such as 'model' or"
              + " 'state_dict'. Its keys: %s.",
          file, others.isEmpty() ? "no dictionary" : others.size() + " dictionaries", keys);
    }
    return others.get(0);
  }

  private static boolean holdsTensors(Map<?, ?> map) {
    long tensors = map.values().stream().filter(TorchTensor.class::isInstance).count();
    return tensors > 0 && tensors * 2 >= map.size();
  }

  private static Map<String, String> facts(Map<?, ?> content) {
    Map<String, String> facts = new LinkedHashMap<>();
    content.forEach(
        (key, value) -> {
          if (value instanceof String || value instanceof Number || value instanceof Boolean) {
            facts.put(String.valueOf(key), value.toString());
          }
        });
    return facts;
  }

  /**
   * Copies the weights into a network.
   *
   * @throws DataException if names or shapes differ; the message lists every difference
   */
  public void copyTo(Network network) {
    network.copyState(tensors);
  }

  /**
   * Copies what fits, by name and shape, and leaves the rest of the network as it is: for a network
   * with another number of classes, say.
   *
   * @return names in the network that were left as they were
   * @throws DataException if nothing fits
   */
  public List<String> copyMatchingTo(Network network) {
    return network.copyMatchingState(tensors);
  }

  /** Writes a safetensors file; the same weights and metadata give the same bytes. */
  public void write(Path file) {
    new Safetensors(tensors, metadata).write(file);
  }

  @Override
  public void forEachTensor(Consumer<Tensor> visitor) {
    tensors.values().forEach(visitor);
  }
}
