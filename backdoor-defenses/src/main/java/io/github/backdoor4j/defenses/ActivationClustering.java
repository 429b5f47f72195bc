package io.github.backdoor4j.defenses;

import static io.github.backdoor4j.core.Checks.requireAtLeast;
import static io.github.backdoor4j.core.Checks.requireNonNegative;
import static io.github.backdoor4j.core.Checks.requireRange;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.nn.Passes;
import io.github.backdoor4j.core.record.Doc;
import io.github.backdoor4j.core.spi.DefenderAccess;
import io.github.backdoor4j.core.spi.DefenseContext;
import io.github.backdoor4j.core.spi.DefenseOutcome.CleanedDataset;
import io.github.backdoor4j.core.spi.DefenseStrategy;
import io.github.backdoor4j.core.spi.Fidelity;
import io.github.backdoor4j.core.spi.MethodCard;
import io.github.backdoor4j.core.spi.Workload;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Splits the activations of each class in two, removes the cluster that looks poisoned and trains
 * anew on the rest. Assumes that the training set is at hand, poisoned or not; needs no clean data.
 *
 * @see <a href="https://arxiv.org/abs/1811.03728">Chen et al., Detecting Backdoor Attacks on Deep
 *     Neural Networks by Activation Clustering, 2018</a>
 */
public final class ActivationClustering implements DefenseStrategy<ActivationClustering.Options> {

  /** How activations become few dimensions. */
  public enum Reduction {
    /** Independent components, as in the paper (§5). */
    ICA,
    /** Principal components. */
    PCA
  }

  /** Which cluster of a class is poisoned. */
  public enum Rule {
    /** A cluster with less than the given share of its class. */
    RELATIVE_SIZE,
    /** The smaller cluster of every class, whatever it looks like. */
    SMALLER,
    /** A small cluster, if the class falls apart into two clearly enough. */
    SILHOUETTE_SCORES,
    /** A cluster that is nearer to another class than to its own. */
    DISTANCE,
    /** The smaller cluster of a class that falls apart much more than the others do; ours. */
    SEPARATION
  }

  /**
   * Options of the defense.
   *
   * @param reduction how activations become few dimensions
   * @param dimensions how many they become
   * @param rule which clusters are removed
   * @param sizeThreshold share of its class below which a cluster is small
   * @param silhouetteThreshold mean silhouette above which a class has two clusters
   * @param separationThreshold deviations from the median above which a class's separation is odd
   * @param reclassify whether suspected clusters must also fail exclusionary reclassification
   * @param reclassificationThreshold ratio above which a suspected cluster is cleared
   * @param retrain whether to train a new model on the samples kept
   * @param retrainingEpochs epochs of that training; 0 for the victim's own
   * @param fidelity whom to follow where paper and benchmark code differ
   */
  public record Options(
      @Doc(value = "independent (the paper's §5) or principal components", range = "ica | pca")
          Reduction reduction,
      @Doc(value = "components kept", range = "at least 1") int dimensions,
      @Doc(
              value = "which clusters are removed; the benchmark's own default is smaller",
              range = "relative-size | smaller | silhouette-scores | distance | separation")
          Rule rule,
      @Doc(
              value = "relative-size, silhouette-scores: a smaller share of the class is suspected",
              range = "[0, 0.5]")
          double sizeThreshold,
      @Doc(
              value = "silhouette-scores: a class with a larger mean silhouette is suspected",
              range = "[-1, 1]")
          double silhouetteThreshold,
      @Doc(
              value =
                  "separation (ours): a class is suspected whose separation is more than so many"
                      + " median absolute deviations, times 1.4826, above the median of all",
              range = "at least 0")
          double separationThreshold,
      @Doc(
              "train without the suspected clusters and clear those that the new model still gives"
                  + " their label (exclusionary reclassification)")
          boolean reclassify,
      @Doc(
              value =
                  "reclassify: cleared above this ratio of samples given their label to samples"
                      + " given the most frequent other label",
              range = "at least 0")
          double reclassificationThreshold,
      @Doc("train a new model on the samples kept") boolean retrain,
      @Doc(
              value = "epochs of a training on the samples kept; 0 for as many as the victim's",
              range = "at least 0")
          int retrainingEpochs,
      @Doc(
              value = "backdoorbench removes as many samples per class, but at random",
              range = "paper | backdoorbench")
          Fidelity fidelity) {

    public Options {
      requireAtLeast("dimensions", dimensions, 1);
      requireRange("size_threshold", sizeThreshold, 0, 0.5); // above it both halves of a class go
      requireRange("silhouette_threshold", silhouetteThreshold, -1, 1);
      requireNonNegative("separation_threshold", separationThreshold);
      requireNonNegative("reclassification_threshold", reclassificationThreshold);
      requireAtLeast("retraining_epochs", retrainingEpochs, 0);
    }
  }

  @Override
  public String id() {
    return "activation-clustering";
  }

  @Override
  public List<String> aliases() {
    return List.of("ac");
  }

  @Override
  public Options defaults(DatasetSpec data) {
    return new Options(
        Reduction.ICA, 10, Rule.RELATIVE_SIZE, 0.35, 0.1, 2.5, false, 1, true, 0, Fidelity.PAPER);
  }

  @Override
  public MethodCard card() {
    return new MethodCard(
        "Activation Clustering (AC)",
        "Removes training images whose activations form a suspicious cluster within their class,"
            + " and trains anew on the rest.",
        "Chen, Carvalho, Baracaldo, Ludwig, Edwards, Lee, Molloy, Srivastava: Detecting Backdoor"
            + " Attacks on Deep Neural Networks by Activation Clustering, SafeAI at AAAI 2019",
        "https://arxiv.org/abs/1811.03728",
        "defender has the training set and the model trained on it; no clean data",
        "data cleaning and retraining",
        "1 forward pass over the training set, then a training from scratch (two with reclassify)",
        List.of(
            "the score per sample and the rule separation are ours; the paper labels clusters, and"
                + " ranks nothing",
            "relative-size at 0.35 is blind where the poisoned cluster is not the smaller one: at"
                + " 10 % all-to-one on ten balanced classes it is about half of the target class",
            "distance compares medians of unreduced activations: the reductions of two classes"
                + " share no axes",
            "backdoorbench: clusters of the first ten raw coordinates, and as many samples per"
                + " class as the rule suspects, but at random; the code's mix-up of loader order"
                + " and data order amounts to that"));
  }

  @Override
  public Set<DefenderAccess> needs() {
    return Set.of(
        DefenderAccess.SUSPECT_MODEL, DefenderAccess.TRAINING_SET, DefenderAccess.TRAINING);
  }

  @Override
  public Optional<Passes> expectedPasses(Options options, Workload load) {
    int epochs = options.retrainingEpochs() == 0 ? load.victimEpochs() : options.retrainingEpochs();
    int trainings = (options.retrain() ? 1 : 0) + (options.reclassify() ? 1 : 0);
    double images = load.trainingImages();
    return Optional.of(
        Passes.forward(images).plus(Passes.training(images).times((double) epochs * trainings)));
  }

  @Override
  public CleanedDataset defend(DefenseContext context, Options options) {
    return new ClusterRemoval(context, options).run();
  }
}
