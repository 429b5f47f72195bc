package io.github.backdoor4j.core.train;

import static io.github.backdoor4j.core.Checks.requireAtLeast;

import io.github.backdoor4j.core.data.Augmentation;
import io.github.backdoor4j.core.tensor.Precision;

/**
 * Everything the training loop needs to know besides data, loss and seed.
 *
 * @param epochs passes over the data, at least 0
 * @param batchSize images per step
 * @param optimizer update rule with its initial learning rate
 * @param schedule learning rate per epoch or step
 * @param augmentation what happens to each batch before normalisation
 * @param precision of the forward pass
 * @param dropLast whether a last batch smaller than {@code batchSize} is left out
 */
public record TrainingPlan(
    int epochs,
    int batchSize,
    OptimizerSpec optimizer,
    ScheduleSpec schedule,
    Augmentation augmentation,
    Precision precision,
    boolean dropLast) {

  public TrainingPlan {
    requireAtLeast("epochs", epochs, 0);
    requireAtLeast("batch_size", batchSize, 1);
  }

  /**
   * The benchmark's recipe: SGD 0.01, momentum 0.9, weight decay 5e-4, batches of 128, cosine over
   * 100 epochs whatever the number of epochs, last short batch dropped.
   */
  public static TrainingPlan benchmark(int epochs, Augmentation augmentation) {
    return new TrainingPlan(
        epochs,
        128,
        new OptimizerSpec.Sgd(0.01, 0.9, 5e-4, false),
        new ScheduleSpec.Cosine(100, 0),
        augmentation,
        Precision.FP32,
        true);
  }

  /** The same plan for another number of epochs. */
  public TrainingPlan withEpochs(int count) {
    return new TrainingPlan(
        count, batchSize, optimizer, schedule, augmentation, precision, dropLast);
  }

  /** The same plan with another batch size. */
  public TrainingPlan withBatchSize(int size) {
    return new TrainingPlan(epochs, size, optimizer, schedule, augmentation, precision, dropLast);
  }

  /** The same plan with another optimiser. */
  public TrainingPlan withOptimizer(OptimizerSpec other) {
    return new TrainingPlan(epochs, batchSize, other, schedule, augmentation, precision, dropLast);
  }

  /** The same plan with another schedule. */
  public TrainingPlan withSchedule(ScheduleSpec other) {
    return new TrainingPlan(epochs, batchSize, optimizer, other, augmentation, precision, dropLast);
  }

  /** The same plan with another augmentation. */
  public TrainingPlan withAugmentation(Augmentation other) {
    return new TrainingPlan(epochs, batchSize, optimizer, schedule, other, precision, dropLast);
  }

  /** The same plan with the last short batch kept or dropped. */
  public TrainingPlan withDropLast(boolean drop) {
    return new TrainingPlan(epochs, batchSize, optimizer, schedule, augmentation, precision, drop);
  }

  /** The same plan in another precision. */
  public TrainingPlan withPrecision(Precision other) {
    return new TrainingPlan(epochs, batchSize, optimizer, schedule, augmentation, other, dropLast);
  }
}
