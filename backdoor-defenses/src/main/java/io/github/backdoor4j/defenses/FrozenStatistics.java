package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.nn.Trainable;
import io.github.backdoor4j.core.tensor.Seed;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * A model that is trained in evaluation mode: its weights follow gradients, its running statistics
 * are used and stay as they are.
 */
final class FrozenStatistics implements Trainable {

  private final Trainable model;

  FrozenStatistics(Trainable model) {
    this.model = model;
  }

  @Override
  public Map<String, Tensor> parameters() {
    return model.parameters();
  }

  @Override
  public Map<String, Tensor> buffers() {
    return model.buffers();
  }

  @Override
  public void training(boolean mode) {
    model.training(false);
  }

  @Override
  public void noise(Seed seed) {
    model.noise(seed);
  }
}
