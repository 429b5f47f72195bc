package io.github.backdoor4j.core.spi;

import io.github.backdoor4j.core.data.LabelRule;
import io.github.backdoor4j.core.data.PoisonedDataset;
import io.github.backdoor4j.core.data.Trigger;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.tensor.HasTensors;
import io.github.backdoor4j.core.train.TrainingHistory;
import java.util.Optional;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Tensor;

/**
 * What an attack leaves behind.
 *
 * @param model the backdoored network
 * @param poisoned the poisoned training set; absent if the attack has none
 * @param trigger as applied to test images
 * @param labels what the attack aims at
 * @param history of the victim's training
 */
public record AttackOutcome(
    Network model,
    Optional<PoisonedDataset> poisoned,
    Trigger trigger,
    LabelRule labels,
    TrainingHistory history)
    implements HasTensors {

  @Override
  public void forEachTensor(Consumer<Tensor> visitor) {
    model.forEachTensor(visitor);
    poisoned.ifPresent(set -> set.forEachTensor(visitor));
    if (trigger instanceof HasTensors owner) {
      owner.forEachTensor(visitor);
    }
  }
}
