package io.github.backdoor4j.core.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.backdoor4j.core.OneThread;
import io.github.backdoor4j.core.data.Augmentation;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.TinyNetwork;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Precision;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import java.util.List;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Nothing leaks, neither as Java handles nor in native memory. */
@ExtendWith(OneThread.class)
class TrainingMemoryTest {

  private static final int STEPS_PER_EPOCH = 50;

  /** Resident memory and live native handles after given numbers of steps. */
  private static final class Gauge implements TrainingListener {
    private final int early;
    private final int late;
    private long bytesEarly;
    private long bytesLate;
    private long handlesEarly;
    private long handlesLate;

    Gauge(int early, int late) {
      this.early = early;
      this.late = late;
    }

    @Override
    public void onStep(int epoch, int step) {
      int steps = epoch * STEPS_PER_EPOCH + step;
      if (steps == early) {
        bytesEarly = Pointer.physicalBytes();
        handlesEarly = Pointer.totalCount();
      } else if (steps == late) {
        bytesLate = Pointer.physicalBytes();
        handlesLate = Pointer.totalCount();
      }
    }
  }

  private static Gauge train(int early, int late) {
    Gauge gauge = new Gauge(early, late);
    try (TensorScope scope = TensorScope.open()) {
      ImageDataset data = TinyNetwork.data(STEPS_PER_EPOCH * 8, new Seed(1));
      Network network = TinyNetwork.network(new Seed(2));
      TrainingPlan plan =
          new TrainingPlan(
              late / STEPS_PER_EPOCH,
              8,
              new OptimizerSpec.Adam(0.001, 0.9, 0.999, 1e-8, 1e-4, true),
              new ScheduleSpec.Cosine(100, 0),
              new Augmentation(1, true),
              Precision.FP32,
              true);
      new Trainer("memory", ComputeDevice.CPU, Checkpoints.none(), List.of(gauge))
          .fit(network, data, plan, new Seed(3));
    }
    return gauge;
  }

  @Test
  void handles_doNotAccumulateOverSteps() {
    Gauge gauge = train(50, 200);
    assertThat(gauge.handlesEarly).isPositive();
    assertThat(gauge.handlesLate).isLessThanOrEqualTo(gauge.handlesEarly + 20);
  }

  @Test
  void handles_areAllGoneAfterATraining() {
    train(50, 100);
    long before = Pointer.totalCount();
    train(50, 100);
    assertThat(Pointer.totalCount()).isLessThanOrEqualTo(before);
  }

  @Test
  @Tag("long")
  void nativeMemory_isFlatFromStep500ToStep10000() {
    Gauge gauge = train(500, 10_000);
    assertThat(gauge.bytesLate - gauge.bytesEarly).isBetween(-50L << 20, 20L << 20);
  }
}
