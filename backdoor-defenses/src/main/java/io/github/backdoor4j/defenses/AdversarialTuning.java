package io.github.backdoor4j.defenses;

import static io.github.backdoor4j.core.Checks.require;

import io.github.backdoor4j.core.data.Augmentation;
import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.Taps;
import io.github.backdoor4j.core.spi.Figure;
import io.github.backdoor4j.core.tensor.Precision;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.core.train.BatchStream;
import io.github.backdoor4j.core.train.OptimizerSpec;
import io.github.backdoor4j.core.train.ScheduleSpec;
import io.github.backdoor4j.core.train.TrainingHistory;
import io.github.backdoor4j.core.train.TrainingPlan;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;

/** What the defenses share that train against perturbed inputs. */
final class AdversarialTuning {

  private AdversarialTuning() {}

  /** The benchmark's plan: Adam with AMSGrad at 1e-4, constant rate, short last batch kept. */
  static TrainingPlan adam(int epochs, int batchSize, Augmentation augmentation) {
    return plan(
        epochs, batchSize, new OptimizerSpec.Adam(1e-4, 0.9, 0.999, 1e-8, 0, true), augmentation);
  }

  /** A plan at a constant rate in full precision with the short last batch. */
  static TrainingPlan plan(
      int epochs, int batchSize, OptimizerSpec optimizer, Augmentation augmentation) {
    return new TrainingPlan(
        epochs,
        batchSize,
        optimizer,
        new ScheduleSpec.Constant(),
        augmentation,
        Precision.FP32,
        false);
  }

  /** Refuses 16-bit plans: gradients of inputs would lose their signs. */
  static void requireFullPrecision(String name, TrainingPlan plan) {
    require(
        plan.precision() == Precision.FP32,
        "%s.precision must be fp32 where gradients of inputs are followed, but was %s",
        name,
        plan.precision());
  }

  /** Sizes of the batches of one epoch. */
  static List<Integer> batchSizes(TrainingPlan plan, int images) {
    return BatchStream.sizes(images, plan.batchSize(), plan.dropLast());
  }

  /** Logits in evaluation mode, with a graph to the images but none to the weights. */
  static Tensor frozen(Network network, Tensor images) {
    Map<String, Tensor> values = new LinkedHashMap<>();
    network.parameters().forEach((name, weight) -> values.put(name, weight.detach()));
    boolean before = network.training();
    network.training(false);
    try {
      return network.forward(images, Taps.none(), values);
    } finally {
      network.training(before);
    }
  }

  /** The network's own label of each image in evaluation mode, N. */
  static Tensor labels(Network network, Tensor images) {
    return Tensors.withoutGradients(() -> TensorScope.scoped(() -> labels(network.logits(images))));
  }

  /** Index of the largest logit per row, N. */
  static Tensor labels(Tensor logits) {
    return logits.detach().argmax(new LongOptional(1), false);
  }

  /** Adds the first and the last epoch's mean of a name, where they were metered. */
  static void ends(TrainingHistory history, String name, Map<String, Double> numbers) {
    double[] curve = history.curve(name);
    if (curve.length > 0 && Double.isFinite(curve[0]) && Double.isFinite(curve[curve.length - 1])) {
      numbers.put(name + "_first", curve[0]);
      numbers.put(name + "_last", curve[curve.length - 1]);
    }
  }

  /** One line per name that was metered, over epochs; nothing if none was. */
  static List<Figure> curves(
      String title, String yLabel, TrainingHistory history, List<String> names) {
    Map<String, List<Double>> series = new LinkedHashMap<>();
    for (String name : names) {
      List<Double> curve = Arrays.stream(history.curve(name)).boxed().toList();
      if (curve.stream().anyMatch(Double::isFinite)) {
        series.put(name.replace('_', ' '), curve);
      }
    }
    List<Double> epochs =
        IntStream.rangeClosed(1, history.epochs().size()).mapToObj(e -> (double) e).toList();
    return series.isEmpty()
        ? List.of()
        : List.of(new Figure.Curves(title, "epoch", yLabel, epochs, series));
  }

  /** Perturbations 1×C×H×W as pictures, grey where there is none, stretched to the full range. */
  static List<Figure> pictures(String title, ImageShape shape, Map<String, Tensor> perturbations) {
    if (shape.channels() != 1 && shape.channels() != 3) {
      return List.of();
    }
    Map<String, float[]> pictures = new LinkedHashMap<>();
    perturbations.forEach(
        (name, perturbation) -> {
          float[] values = Tensors.toFloats(perturbation);
          float largest = 0;
          for (float value : values) {
            largest = Math.max(largest, Math.abs(value));
          }
          for (int i = 0; i < values.length; i++) {
            values[i] = largest == 0 ? 0.5f : 0.5f + values[i] / largest / 2;
          }
          pictures.put(name, values);
        });
    return List.of(new Figure.Pictures(title, shape, pictures));
  }
}
