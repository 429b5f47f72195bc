package io.github.backdoor4j.eval;

import com.google.common.math.Quantiles;
import io.github.backdoor4j.core.data.Augmentation;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.data.Normalization;
import io.github.backdoor4j.core.nn.Inference;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Precision;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.core.train.Checkpoints;
import io.github.backdoor4j.core.train.StepPhase;
import io.github.backdoor4j.core.train.Trainer;
import io.github.backdoor4j.core.train.TrainingPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Training steps through the {@link Trainer}, with shuffling, crop, flip, normalisation, meters and
 * all, beside the {@link BareStep}, alternating in one process; then the parts of a step and passes
 * in evaluation mode. On random images, since speed does not depend on them.
 *
 * @param network what is measured, on its device
 * @param precision of the forward pass
 * @param batch images per step
 * @param steps per round
 * @param rounds of both; medians are reported
 */
record StepBenchmark(Network network, Precision precision, int batch, int steps, int rounds) {

  /**
   * What was measured. Speeds are medians over the rounds, in images per second.
   *
   * @param trainer through the trainer
   * @param bare of the bare step
   * @param ratio median of the rounds' ratios of the two
   * @param operations per image and training step, in billions
   * @param shares of the trainer's step by part
   * @param inference in evaluation mode
   * @param peakMebibytes largest resident memory of the process meanwhile
   */
  record Result(
      double trainer,
      double bare,
      double ratio,
      double operations,
      Map<StepPhase, Double> shares,
      double inference,
      double peakMebibytes) {

    /** Billions of operations per second that the trainer's steps reach. */
    double gigaflops() {
      return trainer * operations;
    }
  }

  private static final Seed SEED = new Seed(0);
  private static final double GIGA = 1e9;
  private static final double NANOS = 1e9;

  /** A data set of no meaning: the shape is what counts. */
  static DatasetSpec data(ImageShape shape, int classes) {
    List<String> names = IntStream.range(0, classes).mapToObj(k -> "class " + k).toList();
    Normalization normalization = Normalization.uniform(shape.channels(), 0.5, 0.25);
    return new DatasetSpec("random", shape, names, normalization, new Augmentation(4, true));
  }

  Result measure() {
    PeakMemory.reset();
    try (TensorScope scope = TensorScope.open()) {
      ComputeDevice device = network.device();
      ImageDataset images = images(batch * steps).on(device);
      Network twin = network.copy();
      try (BareStep bare = new BareStep(twin, normalized(images), labels(images), precision)) {
        bare.seconds(1);
        trained(images, true);
        return rounds(images, bare);
      }
    }
  }

  private Result rounds(ImageDataset images, BareStep bare) {
    List<Double> own = new ArrayList<>();
    List<Double> other = new ArrayList<>();
    List<Double> ratios = new ArrayList<>();
    for (int i = 0; i < rounds; i++) {
      double work = (double) batch * steps;
      other.add(work / bare.seconds(steps));
      own.add(work / trained(images, false).total());
      ratios.add(own.get(i) / other.get(i));
    }
    return new Result(
        Quantiles.median().compute(own),
        Quantiles.median().compute(other),
        Quantiles.median().compute(ratios),
        6 * network.multiplications() / GIGA, // two operations each; backward is two passes more
        trained(images, true).shares(),
        inference(images),
        PeakMemory.megabytes());
  }

  private PhaseClock trained(ImageDataset images, boolean parts) {
    PhaseClock clock = new PhaseClock(network.device(), parts);
    TrainingPlan plan =
        TrainingPlan.benchmark(1, images.spec().augmentation())
            .withBatchSize(batch)
            .withPrecision(precision);
    new Trainer("benchmark", network.device(), Checkpoints.none(), List.of(clock))
        .fit(network, images, plan, SEED);
    return clock;
  }

  private double inference(ImageDataset images) {
    Inference inference = Inference.on(network.device()).in(precision);
    List<Double> speeds = new ArrayList<>();
    for (int i = 0; i <= rounds; i++) {
      long start = System.nanoTime();
      inference.predict(network, images); // labels on the CPU: nothing is still under way
      speeds.add(images.size() / ((System.nanoTime() - start) / NANOS));
    }
    return Quantiles.median().compute(speeds.subList(1, speeds.size())); // the first one warms up
  }

  private ImageDataset images(int count) {
    DatasetSpec spec = data(network.spec().input(), network.spec().classes());
    GeneratorOptional draws = Tensors.generator(SEED);
    ImageShape shape = spec.shape();
    Tensor pixels =
        Tensors.integers(draws, 0, 256, count, shape.channels(), shape.height(), shape.width());
    Tensor labels = Tensors.integers(draws, 0, spec.classes(), count);
    return new ImageDataset(spec, pixels.to(ScalarType.Byte), labels);
  }

  private Tensor normalized(ImageDataset images) {
    return images.spec().normalization().normalize(images.images().narrow(0, 0, batch));
  }

  private Tensor labels(ImageDataset images) {
    return images.labels().narrow(0, 0, batch);
  }
}
