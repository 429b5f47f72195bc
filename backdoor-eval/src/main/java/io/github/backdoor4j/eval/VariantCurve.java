package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.nn.Inference;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.spi.Evaluation.Measurement;
import io.github.backdoor4j.core.spi.EvaluationContext.ModelPredictions;
import io.github.backdoor4j.core.spi.Figure;
import io.github.backdoor4j.core.spi.Variants;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.bytedeco.pytorch.Tensor;

/**
 * Clean accuracy and attack success, on some of the test images, of the models among which a
 * defense chose: for the reader, after the choice was made.
 *
 * @param run the run
 * @param attacked the model that came in
 * @param variants the models
 */
record VariantCurve(CellRunner run, AttackedModel attacked, Variants variants) {

  private static final int IMAGES = 500;
  private static final int MODELS = 11;

  Figure figure() {
    List<Double> x = new ArrayList<>();
    List<Double> accuracy = new ArrayList<>();
    List<Double> success = new ArrayList<>();
    List<Double> chosen = new ArrayList<>();
    try (TensorScope scope = TensorScope.open()) {
      Sample sample = sample();
      for (int i : shown(variants.positions().size(), variants.chosen())) {
        List<Measurement> metrics = measure(sample, i);
        x.add(variants.positions().get(i));
        accuracy.add(metrics.get(0).value());
        success.add(metrics.get(1).value());
        chosen.add(i == variants.chosen() ? metrics.get(0).value() : Double.NaN);
      }
      Map<String, List<Double>> series = new LinkedHashMap<>();
      series.put("C-Acc", accuracy);
      series.put("ASR", success);
      series.put("chosen", chosen);
      String title =
          "Test results along the choice, for reading only ("
              + sample.clean().size()
              + " clean, "
              + sample.attackLabels().length
              + " triggered images)";
      return new Figure.Curves(title, variants.axis(), "share", x, series);
    }
  }

  /** Indices that are measured: evenly spread, ends and choice included. */
  static int[] shown(int count, int chosen) {
    TreeSet<Integer> indices = new TreeSet<>(List.of(0, count - 1, chosen));
    for (int k = 0; k < MODELS; k++) {
      indices.add((int) Math.round((double) k * (count - 1) / (MODELS - 1)));
    }
    return indices.stream().mapToInt(i -> i).toArray();
  }

  /** The images that are measured. */
  private record Sample(
      ImageDataset clean, Tensor triggered, long[] attackLabels, long[] originalLabels) {}

  private Sample sample() {
    Seed seed = new Seed(0).child("variant-images"); // the same for every defense
    ImageDataset test = run.data.test();
    long[] clean = some(test.size(), seed.child("clean"));
    long[] bad = some(attacked.triggered().size(), seed.child("triggered"));
    return new Sample(
        test.subset(clean),
        Tensors.rows(attacked.triggered().images(), bad),
        at(attacked.triggered().attackLabels(), bad),
        at(attacked.triggered().originalLabels(), bad));
  }

  private static long[] some(int size, Seed seed) {
    return Arrays.copyOf(Tensors.permutation(size, seed), Math.min(size, IMAGES));
  }

  private static long[] at(long[] values, long[] positions) {
    return Arrays.stream(positions).map(position -> values[(int) position]).toArray();
  }

  private List<Measurement> measure(Sample sample, int index) {
    try (TensorScope scope = TensorScope.open()) {
      Network network = variants.model().apply(index);
      Inference inference = run.inference();
      return ModelMetrics.of(
          new ModelPredictions(
              inference.predict(network, sample.clean()),
              sample.clean().labelValues(),
              inference.predict(
                  network, sample.triggered(), run.data.test().spec().normalization()),
              sample.attackLabels(),
              sample.originalLabels()));
    }
  }
}
