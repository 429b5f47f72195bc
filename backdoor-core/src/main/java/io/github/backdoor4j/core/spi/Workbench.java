package io.github.backdoor4j.core.spi;

import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.train.Checkpoints;
import io.github.backdoor4j.core.train.Trainer;
import io.github.backdoor4j.core.train.TrainingListener;
import java.util.List;

/**
 * Where and how a strategy's work is done; the same for attacks and defenses.
 *
 * @param device where to compute
 * @param seed source of all randomness of the call
 * @param checkpoints where trainings leave their state
 * @param listeners who watches trainings
 * @param kept where dear work that several runs share is kept
 */
public record Workbench(
    ComputeDevice device,
    Seed seed,
    Checkpoints checkpoints,
    List<TrainingListener> listeners,
    KeptTensors kept) {

  public Workbench {
    listeners = List.copyOf(listeners);
  }

  /** On a device; nothing is watched or left on disk. */
  public static Workbench simple(ComputeDevice device, Seed seed) {
    return new Workbench(device, seed, Checkpoints.none(), List.of(), KeptTensors.none());
  }

  /**
   * A trainer for one purpose.
   *
   * @param purpose unique within the strategy call; names the checkpoint
   */
  public Trainer trainer(String purpose) {
    return new Trainer(purpose, device, checkpoints, listeners);
  }
}
