package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.train.StepPhase;
import io.github.backdoor4j.core.train.TrainingListener;
import java.util.EnumMap;
import java.util.Map;

/** Measures a training's steps as a whole, or each of their parts. */
final class PhaseClock implements TrainingListener {

  private static final double NANOS = 1e9;

  private final ComputeDevice device;
  private final boolean parts;
  private final Map<StepPhase, Double> seconds = new EnumMap<>(StepPhase.class);
  private long start;
  private long last;

  /**
   * @param parts whether each part is measured, for which the device has to be waited for after
   *     each
   */
  PhaseClock(ComputeDevice device, boolean parts) {
    this.device = device;
    this.parts = parts;
  }

  @Override
  public void onStart(String purpose, int firstEpoch, int epochs, int stepsPerEpoch) {
    device.synchronize();
    start = System.nanoTime();
    last = start;
  }

  @Override
  public void onPhase(StepPhase finished) {
    if (parts) {
      device.synchronize();
    }
    long now = System.nanoTime();
    seconds.merge(finished, (now - last) / NANOS, Double::sum);
    last = now;
  }

  /** Seconds from the first step's beginning to the last one's end. */
  double total() {
    device.synchronize();
    return ((device.cuda() ? System.nanoTime() : last) - start) / NANOS;
  }

  /** Share of each part in the whole. */
  Map<StepPhase, Double> shares() {
    double all = seconds.values().stream().mapToDouble(value -> value).sum();
    Map<StepPhase, Double> shares = new EnumMap<>(StepPhase.class);
    seconds.forEach((phase, value) -> shares.put(phase, value / all));
    return shares;
  }
}
