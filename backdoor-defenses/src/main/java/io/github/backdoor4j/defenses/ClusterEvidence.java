package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.record.Names;
import io.github.backdoor4j.core.spi.Evidence;
import io.github.backdoor4j.core.spi.Fidelity;
import io.github.backdoor4j.core.spi.Figure;
import io.github.backdoor4j.defenses.ActivationClustering.Rule;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * Numbers and figures of activation clustering.
 *
 * @param spec names of the classes
 * @param options what was asked for
 */
record ClusterEvidence(DatasetSpec spec, ActivationClustering.Options options) {

  /** Values of one group that a histogram shows; more would not change the picture. */
  private static final int SHOWN = 2000;

  /** Describes a finished analysis. */
  Evidence of(List<JudgedClass> judged, double[] scores, boolean[] flagged) {
    List<JudgedClass> split = judged.stream().filter(one -> one.clusters().isSplit()).toList();
    return new Evidence(
        numbers(split, flagged),
        List.of(
            bars(
                "Smaller cluster of each class",
                "share of the class",
                split,
                clusters -> clusters.share(1),
                usesSize() ? options.sizeThreshold() : Double.NaN),
            bars(
                "How clearly each class falls into two clusters",
                "mean silhouette",
                split,
                ClassClusters::silhouette,
                options.rule() == Rule.SILHOUETTE_SCORES
                    ? options.silhouetteThreshold()
                    : Double.NaN),
            bars(
                "How far apart the two clusters of each class lie",
                "separation (1: as far as two classes)",
                split,
                ClassClusters::separation,
                options.rule() == Rule.SEPARATION ? separationLimit(judged) : Double.NaN),
            histogram(scores, flagged)),
        notes(judged, flagged));
  }

  private boolean usesSize() {
    return options.rule() == Rule.RELATIVE_SIZE || options.rule() == Rule.SILHOUETTE_SCORES;
  }

  private double separationLimit(List<JudgedClass> judged) {
    double limit =
        ClusterVerdicts.separationLimit(
            judged.stream().map(JudgedClass::clusters).toList(), options.separationThreshold());
    return Double.isInfinite(limit) ? Double.NaN : limit;
  }

  private static Map<String, Double> numbers(List<JudgedClass> split, boolean[] flagged) {
    Map<String, Double> numbers = new LinkedHashMap<>();
    double removed = count(flagged);
    numbers.put("removed_samples", removed);
    numbers.put("removed_share", removed / Math.max(1, flagged.length));
    numbers.put(
        "suspected_clusters", (double) split.stream().mapToInt(ClusterEvidence::suspected).sum());
    split.stream()
        .map(JudgedClass::clusters)
        .max(Comparator.comparingDouble(ClassClusters::separation))
        .ifPresent(
            clusters -> {
              numbers.put("most_separated_class", (double) clusters.label());
              numbers.put("separation", clusters.separation());
              numbers.put("silhouette", clusters.silhouette());
              numbers.put("smaller_cluster_share", clusters.share(1));
            });
    for (JudgedClass one : split) {
      for (int cluster = 0; cluster < 2; cluster++) {
        if (Double.isFinite(one.ratios()[cluster])) {
          numbers.put(
              "reclassification_ratio_class_" + one.clusters().label() + "_cluster_" + cluster,
              one.ratios()[cluster]);
        }
      }
    }
    return numbers;
  }

  private static int suspected(JudgedClass one) {
    return (one.suspected()[0] ? 1 : 0) + (one.suspected()[1] ? 1 : 0);
  }

  private Figure bars(
      String title,
      String unit,
      List<JudgedClass> split,
      ToDoubleFunction<ClassClusters> value,
      double threshold) {
    Map<String, Double> bars = new LinkedHashMap<>();
    for (JudgedClass one : split) {
      ClassClusters clusters = one.clusters();
      String name = clusters.label() + " " + spec.classNames().get(clusters.label());
      bars.put(name, value.applyAsDouble(clusters));
    }
    return new Figure.Bars(title, unit, bars, threshold);
  }

  private static Figure histogram(double[] scores, boolean[] flagged) {
    Map<String, List<Double>> groups = new LinkedHashMap<>();
    groups.put("kept", shown(scores, flagged, false));
    groups.put("removed", shown(scores, flagged, true));
    return new Figure.Histogram(
        "Suspicion of training images", "score (higher is more suspicious)", groups, Double.NaN);
  }

  /** Evenly many of the ascending values, so that the distribution stays. */
  private static List<Double> shown(double[] scores, boolean[] flagged, boolean wanted) {
    double[] sorted =
        IntStream.range(0, scores.length)
            .filter(i -> flagged[i] == wanted)
            .mapToDouble(i -> scores[i])
            .sorted()
            .toArray();
    int count = Math.min(SHOWN, sorted.length);
    return IntStream.range(0, count)
        .mapToObj(i -> sorted[(int) ((long) i * sorted.length / count)])
        .toList();
  }

  private List<String> notes(List<JudgedClass> judged, boolean[] flagged) {
    List<String> notes = new ArrayList<>();
    String rule = Names.hyphenated(options.rule());
    if (count(flagged) == 0) {
      notes.add(
          "No cluster is suspected under the rule "
              + rule
              + ": nothing was removed, so no model"
              + " was trained. This is no proof that the data are clean.");
    }
    if (usesSize()) {
      notes.add(
          "The rule "
              + rule
              + " can only see poison that is a minority of its class. At a poison"
              + " ratio of 10 % on ten balanced classes it is about half of the target class.");
    }
    if (options.fidelity() == Fidelity.BACKDOORBENCH) {
      notes.add(
          "As in the benchmark's code, the samples removed are a random part of each class, not"
              + " the suspected clusters; the scores belong to the clusters.");
    }
    judged.stream()
        .filter(one -> DoubleStream.of(one.ratios()).anyMatch(ratio -> !Double.isNaN(ratio)))
        .map(this::reclassified)
        .forEach(notes::add);
    return notes;
  }

  private String reclassified(JudgedClass one) {
    return "Class "
        + spec.classNames().get(one.clusters().label())
        + ": exclusionary reclassification "
        + (suspected(one) == 0 ? "cleared" : "confirmed")
        + " the suspected cluster.";
  }

  private static int count(boolean[] flags) {
    return (int) IntStream.range(0, flags.length).filter(i -> flags[i]).count();
  }
}
