package io.github.backdoor4j.models;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.record.Options;
import io.github.backdoor4j.core.spi.Architecture;
import io.github.backdoor4j.core.spi.Registries;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Engine;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.train.Checkpoints;
import io.github.backdoor4j.core.train.Trainer;
import io.github.backdoor4j.core.train.TrainingHistory;
import io.github.backdoor4j.core.train.TrainingPlan;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Prints images per second of training through the {@link Trainer}; asserts nothing about them. */
@Tag("benchmark")
class TrainingSpeedTest {

  @ParameterizedTest
  @CsvSource({
    "plain-cnn, 16, 64",
    "plain-cnn, 16, 128",
    "preact-resnet18, 8, 64",
    "preact-resnet18, 8, 128",
    "preact-resnet18, 16, 64",
    "preact-resnet18, 16, 128",
    "preact-resnet18, 64, 128"
  })
  void imagesPerSecond(String id, int width, int batchSize) {
    Architecture<?> architecture = Registries.load().architectures().get(id);
    int images = width < 64 ? 2048 : 256;
    try (TensorScope scope = TensorScope.open()) {
      ImageDataset data = RandomImages.of(images);
      Network network = build(architecture, data, width);
      TrainingPlan plan =
          TrainingPlan.benchmark(4, data.spec().augmentation()).withBatchSize(batchSize);
      TrainingHistory history =
          new Trainer(id, ComputeDevice.CPU, Checkpoints.none(), List.of())
              .fit(network, data, plan, new Seed(2));
      // the first epoch warms up; the fastest of the others suffers least from other processes
      double seconds =
          history.epochs().stream().skip(1).mapToDouble(e -> e.seconds()).min().orElseThrow();
      assertThat(seconds).isPositive();
      System.out.printf(
          Locale.ROOT,
          "%s width %d batch %d, %d threads, %s: %.0f images/s%n",
          id,
          width,
          batchSize,
          Engine.threads(),
          Engine.cpuCapability(),
          images / seconds);
    }
  }

  private static <O extends Record> Network build(
      Architecture<O> architecture, ImageDataset data, int width) {
    O options =
        Options.bind(
            architecture.id(),
            architecture.defaults(data.spec()),
            Map.of("width", Integer.toString(width)));
    return architecture.build(NetworkSpec.of(data.spec()), options).initialize(new Seed(1));
  }
}
