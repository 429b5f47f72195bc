package io.github.backdoor4j.core.nn;

import io.github.backdoor4j.core.tensor.Seed;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** Several models under one optimiser. */
public final class Trainables {

  private Trainables() {}

  /**
   * Several models as one.
   *
   * @param parts by name; the tensors of each are named {@code NAME.…}
   */
  public static Trainable joined(Map<String, ? extends Trainable> parts) {
    Map<String, Trainable> all = new LinkedHashMap<>(parts);
    return new Trainable() {
      @Override
      public Map<String, Tensor> parameters() {
        Map<String, Tensor> joined = new LinkedHashMap<>();
        all.forEach((part, model) -> prefixed(part, model.parameters(), joined));
        return joined;
      }

      @Override
      public Map<String, Tensor> buffers() {
        Map<String, Tensor> joined = new LinkedHashMap<>();
        all.forEach((part, model) -> prefixed(part, model.buffers(), joined));
        return joined;
      }

      @Override
      public void training(boolean mode) {
        all.values().forEach(model -> model.training(mode));
      }

      @Override
      public void noise(Seed seed) {
        all.forEach((part, model) -> model.noise(seed.child(part)));
      }
    };
  }

  private static void prefixed(String part, Map<String, Tensor> tensors, Map<String, Tensor> into) {
    tensors.forEach((name, tensor) -> into.put(part + "." + name, tensor));
  }
}
