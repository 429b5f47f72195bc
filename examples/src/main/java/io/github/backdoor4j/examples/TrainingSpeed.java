package io.github.backdoor4j.examples;

import io.github.backdoor4j.core.data.Augmentation;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.data.Normalization;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Engine;
import io.github.backdoor4j.core.tensor.Precision;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.core.train.Checkpoints;
import io.github.backdoor4j.core.train.OptimizerSpec;
import io.github.backdoor4j.core.train.ScheduleSpec;
import io.github.backdoor4j.core.train.Trainer;
import io.github.backdoor4j.core.train.TrainingPlan;
import io.github.backdoor4j.models.PreActResNet18;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * How much of a training step is the network's own work. Alternates epochs through {@link Trainer}
 * with the bare step (forward, loss, backward, plain SGD on one fixed batch, no data pipeline) and
 * prints medians; the fixed cost of calls is the bare step of a network so small that its kernels
 * take no time.
 *
 * <p>Arguments: width (64), batch (128), steps per round (4), rounds (3).
 */
public final class TrainingSpeed {

  private TrainingSpeed() {}

  /** Runs the benchmark. */
  public static void main(String[] arguments) {
    int width = argument(arguments, 0, 64);
    int batch = argument(arguments, 1, 128);
    int steps = argument(arguments, 2, 4);
    int rounds = argument(arguments, 3, 3);
    try (TensorScope scope = TensorScope.open()) {
      ImageDataset data = noise(32, batch * steps);
      Network network = network(width, 32);
      double[] trainer = new double[rounds];
      double[] bare = new double[rounds];
      throughTrainer(network, data, batch); // warm-up
      bareSteps(network, data, batch, 1);
      for (int round = 0; round < rounds; round++) {
        trainer[round] = throughTrainer(network, data, batch) / steps;
        bare[round] = bareSteps(network, data, batch, steps);
      }
      double calls = bareSteps(network(1, 8), noise(8, 2), 2, 50);
      print(width, batch, median(trainer), median(bare), calls);
    }
  }

  private static void print(int width, int batch, double trainer, double bare, double calls) {
    System.out.printf(
        Locale.ROOT,
        "preact-resnet18 width %d, batch %d, fp32, %d threads, %s%n"
            + "  through Trainer      %8.1f ms/step  %7.1f images/s%n"
            + "  bare network step    %8.1f ms/step  %7.1f images/s%n"
            + "  ratio bare/Trainer   %8.3f%n"
            + "  fixed cost of calls  %8.2f ms/step (bare step of a width-1 network on 8x8 pixels)%n"
            + "  inside kernels       %8.1f %% of the Trainer's step, at least%n",
        width,
        batch,
        Engine.threads(),
        Engine.cpuCapability(),
        trainer * 1e3,
        batch / trainer,
        bare * 1e3,
        batch / bare,
        bare / trainer,
        calls * 1e3,
        100 * Math.max(0, bare - calls) / trainer);
  }

  private static double throughTrainer(Network network, ImageDataset data, int batch) {
    TrainingPlan plan =
        new TrainingPlan(
            1,
            batch,
            new OptimizerSpec.Sgd(0.01, 0.9, 5e-4, false),
            new ScheduleSpec.Constant(),
            new Augmentation(4, true),
            Precision.FP32,
            true);
    return new Trainer("speed", ComputeDevice.CPU, Checkpoints.none(), List.of())
        .fit(network, data, plan, new Seed(1))
        .seconds();
  }

  /** Seconds per step. */
  private static double bareSteps(Network network, ImageDataset data, int batch, int steps) {
    network.training(true);
    try (TensorScope scope = TensorScope.open()) {
      Tensor images = data.spec().normalization().normalize(data.images().narrow(0, 0, batch));
      Tensor labels = data.labels().narrow(0, 0, batch);
      Tensor[] weights = network.parameters().values().toArray(new Tensor[0]);
      double[] seconds = new double[steps];
      for (int step = 0; step < steps; step++) {
        long start = System.nanoTime();
        bareStep(network, images, labels, weights);
        seconds[step] = (System.nanoTime() - start) / 1e9;
      }
      return median(seconds);
    }
  }

  private static void bareStep(Network network, Tensor images, Tensor labels, Tensor[] weights) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor loss = torch.cross_entropy_loss(network.forward(images), labels);
      TensorVector gradients =
          torch.grad(
              new TensorVector(loss),
              new TensorVector(weights),
              new TensorVector(),
              new BoolOptional(false),
              false,
              true);
      try (NoGradGuard guard = new NoGradGuard()) {
        for (int i = 0; i < weights.length; i++) {
          weights[i].add_(gradients.get(i), new Scalar(-0.01));
        }
      }
    }
  }

  private static Network network(int width, int side) {
    NetworkSpec spec = new NetworkSpec(new ImageShape(3, side, side), 10);
    return new PreActResNet18()
        .build(spec, new PreActResNet18.Options(width))
        .initialize(new Seed(0));
  }

  private static ImageDataset noise(int side, int count) {
    DatasetSpec spec =
        new DatasetSpec(
            "noise",
            new ImageShape(3, side, side),
            IntStream.range(0, 10).mapToObj(i -> "class " + i).toList(),
            Normalization.uniform(3, 0.5, 0.25),
            Augmentation.NONE);
    Tensor pixels =
        Tensors.integers(Tensors.generator(new Seed(2)), 0, 256, count, 3, side, side)
            .to(torch.ScalarType.Byte);
    long[] labels = IntStream.range(0, count).mapToLong(i -> i % 10).toArray();
    return new ImageDataset(spec, pixels, Tensors.ofLongs(labels));
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  private static int argument(String[] arguments, int position, int otherwise) {
    return arguments.length > position ? Integer.parseInt(arguments[position]) : otherwise;
  }
}
