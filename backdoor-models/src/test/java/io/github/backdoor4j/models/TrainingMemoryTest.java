package io.github.backdoor4j.models;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.train.Checkpoints;
import io.github.backdoor4j.core.train.Trainer;
import io.github.backdoor4j.core.train.TrainingListener;
import io.github.backdoor4j.core.train.TrainingPlan;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class TrainingMemoryTest {

  private static final int STEPS_PER_EPOCH = 50;

  @Test
  @Tag("long")
  void nativeMemory_isFlatFromStep500ToStep5000() {
    List<Long> resident = new ArrayList<>();
    TrainingListener gauge =
        new TrainingListener() {
          @Override
          public void onStep(int epoch, int step) {
            int steps = epoch * STEPS_PER_EPOCH + step;
            if (steps == 500 || steps == 5000) {
              resident.add(Pointer.physicalBytes());
            }
          }
        };
    try (TensorScope scope = TensorScope.open()) {
      ImageDataset data = RandomImages.of(STEPS_PER_EPOCH * 8);
      Network network =
          new PreActResNet18()
              .build(NetworkSpec.of(data.spec()), new PreActResNet18.Options(4))
              .initialize(new Seed(1));
      TrainingPlan plan =
          TrainingPlan.benchmark(5000 / STEPS_PER_EPOCH, data.spec().augmentation())
              .withBatchSize(8);
      new Trainer("memory", ComputeDevice.CPU, Checkpoints.none(), List.of(gauge))
          .fit(network, data, plan, new Seed(2));
    }
    assertThat(resident).hasSize(2);
    assertThat(resident.get(1) - resident.get(0)).isBetween(-50L << 20, 50L << 20);
  }
}
