package io.github.backdoor4j.core.nn;

import static io.github.backdoor4j.core.Checks.require;

import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.FileHash;
import io.github.backdoor4j.core.Places;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.tensor.TensorScope;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;

/**
 * Weights of a file that training starts from, in place of drawn ones.
 *
 * @param file where they are, in a form that {@link Weights#read(Path)} takes
 * @param checksum {@code sha256:} and the digits of the file: other weights, another result
 * @param fit from the file's names and values to the network's, for example where the file's images
 *     have another size; called within a scope
 */
public record StartWeights(Path file, String checksum, UnaryOperator<Map<String, Tensor>> fit) {

  /**
   * A file whose names are the network's. Hashes it, but does not look into it.
   *
   * @throws io.github.backdoor4j.core.UsageException if it does not exist
   */
  public static StartWeights of(Path file) {
    require(Files.isRegularFile(file), "the weights %s do not exist", file.toAbsolutePath());
    return new StartWeights(file, FileHash.sha256(file), UnaryOperator.identity());
  }

  /** Where fetched weights of all architectures are when nobody says: within the data folder. */
  public static Path fetchedFolder() {
    return Places.data().resolve("weights");
  }

  /** These, with names and values changed to fit the network. */
  public StartWeights withFit(UnaryOperator<Map<String, Tensor>> change) {
    return new StartWeights(file, checksum, change);
  }

  /**
   * Copies the weights into a network whose own have been drawn. A classifier for another number of
   * classes, or one that the file lacks, stays as it was drawn; all else must be there and fit.
   *
   * @throws DataException if the file is broken, or names or shapes differ; the message lists every
   *     difference
   */
  public void copyTo(Network network) {
    try (TensorScope scope = TensorScope.open()) {
      Map<String, Tensor> given = new LinkedHashMap<>(fit.apply(Weights.read(file).tensors()));
      keepHead(network, given);
      network.copyState(given);
    } catch (DataException | UsageException e) { // of the file's content, whoever looked
      throw new DataException(
          e, "the network cannot start from %s: %s", file.toAbsolutePath(), e.getMessage());
    }
  }

  private static void keepHead(Network network, Map<String, Tensor> given) {
    String head = head(network);
    Tensor weight = given.get(head + ".weight");
    if (weight == null || weight.dim() == 0 || weight.size(0) != network.classes()) {
      network
          .state()
          .forEach(
              (name, tensor) -> {
                if (name.startsWith(head + ".")) {
                  given.put(name, tensor);
                }
              });
    }
  }

  /** The affine layer declared last gives the logits, whatever layers features enter before it. */
  private static String head(Network network) {
    return network.layers().stream()
        .filter(Layer.Linear.class::isInstance)
        .reduce((before, last) -> last)
        .map(Layer::name)
        .orElse(network.features().classifier());
  }
}
