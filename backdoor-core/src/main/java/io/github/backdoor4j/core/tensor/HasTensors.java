package io.github.backdoor4j.core.tensor;

import java.util.function.Consumer;
import org.bytedeco.pytorch.Tensor;

/** Something that owns native tensors and can therefore be moved between scopes as a whole. */
public interface HasTensors {

  /** Passes every tensor this object owns to {@code visitor}, in a stable order. */
  void forEachTensor(Consumer<Tensor> visitor);
}
