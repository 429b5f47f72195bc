package io.github.backdoor4j.core.nn;

import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.TensorScope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;

/** Copies named tensors into named tensors, in place. */
final class StateCopy {

  private StateCopy() {}

  /**
   * Copies everything.
   *
   * @throws DataException if names or shapes differ; the message lists every difference
   */
  static void all(Map<String, Tensor> source, Map<String, Tensor> target) {
    List<String> problems = differences(target, source);
    if (!problems.isEmpty()) {
      throw new DataException(
          "weights do not fit the network (%d differences): %s",
          problems.size(), String.join("; ", problems));
    }
    copy(source, target);
  }

  /**
   * Copies what fits by name and shape.
   *
   * @return names of the target that were left as they were
   * @throws DataException if nothing fits
   */
  static List<String> matching(Map<String, Tensor> source, Map<String, Tensor> target) {
    List<String> left = new ArrayList<>();
    Map<String, Tensor> fitting = new LinkedHashMap<>(target);
    fitting.forEach(
        (name, tensor) -> {
          Tensor given = source.get(name);
          if (given == null || !Arrays.equals(given.shape(), tensor.shape())) {
            left.add(name);
          }
        });
    if (left.size() == fitting.size()) {
      throw new DataException(
          "no weight fits the network by name and shape. The network has %s; given are %s",
          fitting.keySet(), source.keySet());
    }
    fitting.keySet().removeAll(left);
    copy(source, fitting);
    return left;
  }

  private static void copy(Map<String, Tensor> source, Map<String, Tensor> target) {
    try (TensorScope scope = TensorScope.open();
        NoGradGuard guard = new NoGradGuard()) {
      target.forEach(
          (name, tensor) -> {
            Tensor given = Objects.requireNonNull(source.get(name), name);
            tensor.copy_(ComputeDevice.of(tensor).place(given));
          });
    }
  }

  private static List<String> differences(Map<String, Tensor> target, Map<String, Tensor> source) {
    List<String> problems = new ArrayList<>();
    target.forEach(
        (name, tensor) -> {
          Tensor given = source.get(name);
          if (given == null) {
            problems.add(name + " is missing");
          } else if (!Arrays.equals(given.shape(), tensor.shape())) {
            problems.add(
                name
                    + " has shape "
                    + Arrays.toString(given.shape())
                    + " instead of "
                    + Arrays.toString(tensor.shape()));
          }
        });
    source.keySet().stream()
        .filter(name -> !target.containsKey(name))
        .forEach(name -> problems.add(name + " is unknown"));
    return problems;
  }
}
