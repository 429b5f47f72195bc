package io.github.backdoor4j.defenses;

import static io.github.backdoor4j.core.Checks.require;
import static io.github.backdoor4j.core.Checks.requireNonNegative;
import static io.github.backdoor4j.core.Checks.requirePositive;
import static io.github.backdoor4j.core.Checks.requireRatio;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.nn.Layer;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.Passes;
import io.github.backdoor4j.core.record.Doc;
import io.github.backdoor4j.core.spi.DefenderAccess;
import io.github.backdoor4j.core.spi.DefenseContext;
import io.github.backdoor4j.core.spi.DefenseOutcome.RepairedModel;
import io.github.backdoor4j.core.spi.DefenseStrategy;
import io.github.backdoor4j.core.spi.Evidence;
import io.github.backdoor4j.core.spi.Fidelity;
import io.github.backdoor4j.core.spi.MethodCard;
import io.github.backdoor4j.core.spi.Selection;
import io.github.backdoor4j.core.spi.Workload;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;

/**
 * Prunes the channels whose input is distributed differently on clean images than it was in
 * training: a batch normalisation's running statistics describe the mixture that the model was
 * trained on, poisoned images included. Channels stand out by the divergence between two normal
 * distributions.
 *
 * <p>{@link Fidelity#PAPER}: all clean images as they are, KL divergence, only the scale is zeroed.
 * {@link Fidelity#BACKDOORBENCH}: one augmented batch of the <em>training set</em>, since the
 * benchmark overwrites the clean statistics; the formula without its ½; scale and shift are zeroed.
 *
 * @see <a
 *     href="https://proceedings.neurips.cc/paper_files/paper/2022/hash/76917808731dae9e6d62c2a7a6afb542-Abstract-Conference.html">Zheng
 *     et al., Pre-activation Distributions Expose Backdoor Neurons, NeurIPS 2022</a>
 */
public final class BatchNormStatisticsPruning
    implements DefenseStrategy<BatchNormStatisticsPruning.Options> {

  private static final String ID = "bnp";

  /**
   * What pruning by batch-norm statistics can be told.
   *
   * @param u standard deviations above the layer's mean at which a channel is pruned
   * @param selection by what u is chosen
   * @param maxAccuracyDrop relative loss of clean accuracy at which pruning has gone too far
   * @param keptBack share of the holdout that accuracy is measured on
   * @param fidelity whom to follow where paper and benchmark differ
   */
  public record Options(
      @Doc(
              value =
                  "standard deviations above the mean divergence of its layer at which a channel is"
                      + " pruned; 3, for Tiny-ImageNet 4",
              range = "at least 0")
          double u,
      @Doc(
              value =
                  "fixed: u as given; clean-holdout: of u and 10, 9.5 … 0 the least within"
                      + " max_accuracy_drop on the images kept back; oracle: by test data, for"
                      + " comparison only",
              range = "fixed | clean-holdout | oracle")
          Selection selection,
      @Doc(
              value =
                  "relative loss of clean accuracy at which pruning has gone too far; unused with"
                      + " a fixed selection",
              range = "(0, 1]")
          double maxAccuracyDrop,
      @Doc(
              value =
                  "share of the clean holdout kept back to measure accuracy, with clean-holdout"
                      + " selection only",
              range = "(0, 1)")
          double keptBack,
      @Doc(
              value =
                  "paper: clean images against running statistics, scale zeroed; backdoorbench: a"
                      + " training batch against running statistics without the factor 1/2, scale"
                      + " and shift zeroed",
              range = "paper | backdoorbench")
          Fidelity fidelity) {

    public Options {
      requireNonNegative("u", u);
      requireRatio("max_accuracy_drop", maxAccuracyDrop);
      requirePositive("kept_back", keptBack);
      require(keptBack < 1, "kept_back must lie in (0, 1), but was %s", keptBack);
    }
  }

  @Override
  public String id() {
    return ID;
  }

  @Override
  public Options defaults(DatasetSpec data) {
    double u = data.id().equals("tiny-imagenet") ? 4 : 3;
    return new Options(u, Selection.FIXED, 0.1, 0.2, Fidelity.PAPER);
  }

  @Override
  public MethodCard card() {
    return new MethodCard(
        "Batch-norm statistics pruning (BNP)",
        "Prunes channels whose input has another distribution on clean images than the running"
            + " statistics of training say.",
        "R. Zheng, R. Tang, J. Li, L. Liu: Pre-activation Distributions Expose Backdoor Neurons,"
            + " NeurIPS 2022",
        "https://proceedings.neurips.cc/paper_files/paper/2022/hash/76917808731dae9e6d62c2a7a6afb542-Abstract-Conference.html",
        "defender has the model and some clean images",
        "post-training repair",
        "one pass over the clean holdout",
        List.of(
            "statistics are pooled over the whole clean holdout, where the authors use one batch",
            "a channel that is constant on clean images but was not in training counts as infinitely"
                + " far off and is pruned; one whose running variance is 0 is left alone",
            "layers of N channels with (N-1)/sqrt(N) <= u can lose none, whatever their"
                + " statistics: N <= 10 at u = 3"));
  }

  @Override
  public Set<DefenderAccess> needs() {
    return Set.of(DefenderAccess.SUSPECT_MODEL, DefenderAccess.CLEAN_HOLDOUT);
  }

  @Override
  public Set<DefenderAccess> needs(Options options) {
    Set<DefenderAccess> needs = new LinkedHashSet<>(options.selection().with(needs()));
    if (options.fidelity() == Fidelity.BACKDOORBENCH) {
      needs.add(DefenderAccess.TRAINING_SET);
    }
    return needs;
  }

  @Override
  public Optional<Passes> expectedPasses(Options options, Workload load) {
    boolean judging = options.selection() == Selection.CLEAN_HOLDOUT;
    int judged = judging ? (int) (load.holdoutImages() * options.keptBack()) : 0;
    double seen =
        options.fidelity() == Fidelity.PAPER
            ? load.holdoutImages() - judged
            : Math.min(RandomBatch.SIZE, load.trainingImages());
    return Optional.of(
        Passes.forward(seen)
            .plus(
                ChannelPruning.expected(
                    options.selection(), LayerScores.SWEEP.length + 1, judged)));
  }

  @Override
  public RepairedModel defend(DefenseContext context, Options options) {
    Network network = context.suspect();
    NormChannels channels = NormChannels.of(network, ID);
    // labelled, for images of one class only would look like another world
    KeptBack split = KeptBack.of(context, options.selection(), options.keptBack());
    boolean paper = options.fidelity() == Fidelity.PAPER;
    Tensor images = paper ? split.used().images() : RandomBatch.of(context);
    NormStatistics seen = observe(context, network, channels, images);
    LayerScores scores = new LayerScores(divergences(channels, seen, options.fidelity()), paper);
    return new ChannelPruning(context, network, channels, !paper)
        .prune(
            PruningSettings.of(LayerScores.SWEEP, options.u(), scores::above),
            new ChannelPruning.Rule(options.selection(), options.maxAccuracyDrop(), split::judged),
            u -> evidence(scores, images.size(0), u));
  }

  private static NormStatistics observe(
      DefenseContext context, Network network, NormChannels channels, Tensor images) {
    NormStatistics statistics = new NormStatistics(channels.layers());
    context
        .inference()
        .map(
            images,
            context.spec().normalization(),
            x -> network.forward(x, statistics.taps()),
            network);
    return statistics;
  }

  private static Map<String, double[]> divergences(
      NormChannels channels, NormStatistics seen, Fidelity fidelity) {
    Map<String, double[]> divergences = new LinkedHashMap<>();
    for (Layer.BatchNorm2d layer : channels.layers()) {
      divergences.put(
          layer.name(),
          divergences(
              seen.means(layer.name()),
              seen.variances(layer.name()),
              channels.running(layer, false),
              channels.running(layer, true),
              fidelity));
    }
    return divergences;
  }

  /**
   * KL divergence of N(mean, variance) from N(mean2, variance2) per channel; for the benchmark with
   * the logarithm taken twice.
   */
  static double[] divergences(
      double[] mean, double[] variance, double[] mean2, double[] variance2, Fidelity fidelity) {
    double[] divergences = new double[mean.length];
    double factor = fidelity == Fidelity.PAPER ? 0.5 : 1;
    for (int c = 0; c < mean.length; c++) {
      double gap = mean[c] - mean2[c];
      divergences[c] =
          factor * Math.log(variance2[c] / variance[c])
              + (variance[c] + gap * gap) / (2 * variance2[c])
              - 0.5;
    }
    return divergences;
  }

  private static Evidence evidence(LayerScores scores, long images, double u) {
    List<String> notes = new ArrayList<>();
    scores.smallLayersNote(u).ifPresent(notes::add);
    return new Evidence(
        Map.of("observed_images", (double) images),
        List.of(scores.histogram("Divergence from the running statistics", u)),
        notes);
  }
}
