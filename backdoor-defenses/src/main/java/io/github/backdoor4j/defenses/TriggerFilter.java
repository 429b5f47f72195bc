package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.spi.DefenseContext;
import io.github.backdoor4j.core.spi.DefenseOutcome.SampleScores;
import io.github.backdoor4j.core.spi.Evidence;
import io.github.backdoor4j.core.spi.Figure;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Rejects inputs that drive the neurons which a reversed trigger drives most (Neural Cleanse,
 * §VI-A). The model stays as it is.
 */
record TriggerFilter(DefenseContext context, Network network, NeuralCleanse.Options options) {

  /**
   * The neurons that one trigger drives most, and what they do on clean images.
   *
   * @param neurons columns of the features
   * @param mean of their mean activation on clean images
   * @param deviation of it
   */
  private record Profile(long[] neurons, double mean, double deviation) {

    static Profile of(long[] neurons, Tensor clean) {
      double[] levels = levels(neurons, clean);
      double mean = Arrays.stream(levels).average().orElse(0);
      double variance = Arrays.stream(levels).map(x -> (x - mean) * (x - mean)).average().orElse(0);
      return new Profile(neurons, mean, Math.max(Math.sqrt(variance), Float.MIN_NORMAL));
    }

    private static double[] levels(long[] neurons, Tensor features) {
      return TensorScope.compute(
          () ->
              Tensors.toDoubles(
                  features
                      .index_select(1, ComputeDevice.of(features).place(Tensors.ofLongs(neurons)))
                      .to(ScalarType.Double)
                      .mean(new long[] {1})));
    }

    /** Mean activation of the neurons per image, in deviations from that of clean images. */
    double[] scores(Tensor features) {
      return Arrays.stream(levels(neurons, features)).map(x -> (x - mean) / deviation).toArray();
    }
  }

  /** Scores the inputs at run time; without a trigger all alike. */
  TriggerRemedy of(List<ReversedTrigger> found) {
    Tensor inputs = context.runtimeInputs();
    if (found.isEmpty()) {
      return open((int) inputs.size(0));
    }
    try (TensorScope scope = TensorScope.open()) {
      ClassifierInputs units = new ClassifierInputs(network, context);
      ImageDataset holdout = context.labelledHoldout();
      TriggerFeatures seen = TriggerFeatures.of(units, holdout, found);
      List<Profile> profiles =
          IntStream.range(0, found.size()).mapToObj(t -> profile(seen, t)).toList();
      double[] clean = largest(profiles, seen.clean());
      List<Double> stamped = new ArrayList<>();
      for (int t = 0; t < found.size(); t++) {
        double[] all = largest(profiles, seen.stamped().get(t));
        Arrays.stream(seen.others(t)).forEach(row -> stamped.add(all[(int) row]));
      }
      double[] scores = largest(profiles, units.features(inputs, holdout.spec().normalization()));
      double threshold = threshold(clean, options.filter().falseRejectionRate());
      return remedy(scores, clean, stamped, threshold, profiles.get(0).neurons().length);
    }
  }

  private Profile profile(TriggerFeatures seen, int trigger) {
    int[] order = seen.mostDriven(trigger);
    int watched = (int) Math.ceil(options.filter().neuronShare() * order.length);
    return Profile.of(Arrays.stream(order).limit(watched).asLongStream().toArray(), seen.clean());
  }

  /** Per image the largest score under any profile. */
  private static double[] largest(List<Profile> profiles, Tensor features) {
    double[] largest = profiles.get(0).scores(features);
    for (Profile profile : profiles.subList(1, profiles.size())) {
      double[] scores = profile.scores(features);
      Arrays.setAll(largest, i -> Math.max(largest[i], scores[i]));
    }
    return largest;
  }

  /**
   * The smallest score of a clean image that no more than a share of them lie above.
   *
   * @param clean scores, one at least
   */
  static double threshold(double[] clean, double falseRejectionRate) {
    double[] sorted = clean.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length - 1 - (int) (falseRejectionRate * sorted.length)];
  }

  private static TriggerRemedy open(int inputs) {
    Evidence evidence =
        new Evidence(
            Map.of(),
            List.of(),
            List.of("There is no trigger to filter by: every input passes, with equal scores."));
    return remedy(new double[inputs], new boolean[inputs], evidence);
  }

  private static TriggerRemedy remedy(double[] scores, boolean[] flagged, Evidence evidence) {
    return new TriggerRemedy(
        Optional.empty(),
        Optional.empty(),
        Optional.of(
            new SampleScores(SampleScores.Subject.RUNTIME_INPUTS, scores, flagged, evidence)),
        evidence);
  }

  private static TriggerRemedy remedy(
      double[] scores, double[] clean, List<Double> stamped, double threshold, int neurons) {
    Map<String, Double> numbers = new LinkedHashMap<>();
    numbers.put("filter_neurons", (double) neurons);
    numbers.put("filter_threshold", threshold);
    numbers.put("clean_rejected", share(Arrays.stream(clean).boxed().toList(), threshold));
    numbers.put("reversed_trigger_rejected", share(stamped, threshold));
    numbers.put("runtime_rejected", share(Arrays.stream(scores).boxed().toList(), threshold));
    Map<String, List<Double>> groups = new LinkedHashMap<>();
    groups.put("inputs at run time", Arrays.stream(scores).boxed().toList());
    groups.put("clean holdout", Arrays.stream(clean).boxed().toList());
    groups.put("holdout with a reversed trigger", stamped);
    Figure histogram =
        new Figure.Histogram(
            "Activation of the neurons that the reversed trigger drives most",
            "deviations from the mean of clean images (above the threshold: rejected)",
            groups,
            threshold);
    boolean[] flagged = new boolean[scores.length];
    for (int i = 0; i < flagged.length; i++) {
      flagged[i] = scores[i] > threshold;
    }
    return remedy(
        scores,
        flagged,
        new Evidence(
            numbers,
            List.of(histogram),
            List.of(
                "The filter stands before the model, which is not changed. Its threshold comes from"
                    + " the clean holdout.")));
  }

  private static double share(List<Double> scores, double threshold) {
    return scores.stream().filter(score -> score > threshold).count()
        / (double) Math.max(1, scores.size());
  }
}
