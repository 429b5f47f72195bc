package io.github.backdoor4j.core.train;

import java.util.List;

/**
 * All epochs of one training.
 *
 * @param epochs in order
 */
public record TrainingHistory(List<EpochReport> epochs) {

  public TrainingHistory {
    epochs = List.copyOf(epochs);
  }

  /** Wall time of all epochs, in seconds, those before a resumption included. */
  public double seconds() {
    return epochs.stream().mapToDouble(EpochReport::seconds).sum();
  }

  /** The values of one epoch mean, NaN where it was not metered. */
  public double[] curve(String name) {
    return epochs.stream().mapToDouble(epoch -> epoch.mean(name)).toArray();
  }
}
