package io.github.backdoor4j.attacks;

import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.train.Batch;
import io.github.backdoor4j.core.train.BatchStep;
import io.github.backdoor4j.core.train.BatchStream;
import io.github.backdoor4j.core.train.StepContext;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * One step of a victim of Poison Ink: a batch of clean images, and as many of a second stream that
 * holds the poisoned ones.
 */
final class InkStep implements BatchStep {

  private final Network victim;
  private final BatchStream second;
  private final boolean fixed;
  private final int stepsPerEpoch;
  private final Seed seed;

  /**
   * @param second stream of poisoned images, without augmentation
   * @param fixed whether its batches are formed once and reused in a circle, from a random start in
   *     each epoch; else they are shuffled anew after each pass
   * @param stepsPerEpoch of the training
   * @param seed of the random starts
   */
  InkStep(Network victim, BatchStream second, boolean fixed, int stepsPerEpoch, Seed seed) {
    this.victim = victim;
    this.second = second;
    this.fixed = fixed;
    this.stepsPerEpoch = stepsPerEpoch;
    this.seed = seed;
  }

  @Override
  public Tensor loss(Batch batch, StepContext context) {
    Batch other = second(context.epoch(), context.step());
    Tensor images = torch.cat(new TensorVector(batch.images(), other.images()), 0);
    Tensor labels = torch.cat(new TensorVector(batch.labels(), other.labels()), 0);
    return context.crossEntropy(context.forward(victim, images), labels);
  }

  /** The batch of the second stream that goes with a step. */
  Batch second(int epoch, int step) {
    if (fixed) {
      int start = seed.child("start", epoch).random().nextInt(second.steps());
      return second.batch(0, (start + step) % second.steps());
    }
    int number = Math.addExact(Math.multiplyExact(epoch, stepsPerEpoch), step);
    return second.batch(number / second.steps(), number % second.steps());
  }
}
