package io.github.backdoor4j.defenses;

import static io.github.backdoor4j.core.Checks.requireNonNegative;
import static io.github.backdoor4j.core.Checks.requirePositive;
import static io.github.backdoor4j.core.Checks.requireRatio;

import io.github.backdoor4j.core.data.DatasetSpec;
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
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;

/**
 * Prunes the channels whose input takes few values over the training set: on a mixture of clean and
 * poisoned images a backdoor channel has two narrow modes, hence low entropy. Needs the training
 * set as it was given, poisoned images included, and no clean data.
 *
 * <p>{@link Fidelity#PAPER}: all training images as they are, bins of 0.01, only the scale is
 * zeroed. {@link Fidelity#BACKDOORBENCH}: one augmented batch of 256, bins of 0.1, scale and shift
 * are zeroed.
 *
 * @see <a
 *     href="https://proceedings.neurips.cc/paper_files/paper/2022/hash/76917808731dae9e6d62c2a7a6afb542-Abstract-Conference.html">Zheng
 *     et al., Pre-activation Distributions Expose Backdoor Neurons, NeurIPS 2022</a>
 */
public final class EntropyPruning implements DefenseStrategy<EntropyPruning.Options> {

  private static final String ID = "ep";
  private static final double BENCHMARK_WIDTH = 0.1;

  /**
   * What entropy-based pruning can be told.
   *
   * @param u standard deviations below the layer's mean at which a channel is pruned
   * @param binWidth of the histograms, in standard deviations of the channel
   * @param selection by what u is chosen
   * @param maxAccuracyDrop relative loss of clean accuracy at which pruning has gone too far
   * @param fidelity whom to follow where paper and benchmark differ
   */
  public record Options(
      @Doc(
              value =
                  "standard deviations below the mean entropy of its layer at which a channel is"
                      + " pruned; 3, for Tiny-ImageNet 4",
              range = "at least 0")
          double u,
      @Doc(
              value =
                  "width of the histogram's bins in standard deviations of the channel; the"
                      + " benchmark always takes 0.1",
              range = "more than 0")
          double binWidth,
      @Doc(
              value =
                  "fixed: u as given; clean-holdout: of u and 10, 9.5 … 0 the least within"
                      + " max_accuracy_drop on the clean holdout; oracle: by test data, for"
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
                  "paper: the whole training set, scale zeroed; backdoorbench: one augmented batch"
                      + " of 256, bins of 0.1, scale and shift zeroed",
              range = "paper | backdoorbench")
          Fidelity fidelity) {

    public Options {
      requireNonNegative("u", u);
      requirePositive("bin_width", binWidth);
      requireRatio("max_accuracy_drop", maxAccuracyDrop);
    }
  }

  @Override
  public String id() {
    return ID;
  }

  @Override
  public Options defaults(DatasetSpec data) {
    double u = data.id().equals("tiny-imagenet") ? 4 : 3;
    return new Options(u, 0.01, Selection.FIXED, 0.1, Fidelity.PAPER);
  }

  @Override
  public MethodCard card() {
    return new MethodCard(
        "Entropy-based pruning (EP)",
        "Prunes channels whose input has little entropy over the training set, as one with a mode"
            + " for clean and another for poisoned images has.",
        "R. Zheng, R. Tang, J. Li, L. Liu: Pre-activation Distributions Expose Backdoor Neurons,"
            + " NeurIPS 2022",
        "https://proceedings.neurips.cc/paper_files/paper/2022/hash/76917808731dae9e6d62c2a7a6afb542-Abstract-Conference.html",
        "defender has the model and the training set, poisoned images included",
        "post-training repair",
        "one pass over the training set; several for networks with more than 2^28 values per set"
            + " (images times channels)",
        List.of(
            "channels that are constant over the set have no standardised values and are left"
                + " alone; the benchmark fails on them",
            "layers of N channels with (N-1)/sqrt(N) <= u can lose none, whatever their entropies:"
                + " N <= 10 at u = 3"));
  }

  @Override
  public Set<DefenderAccess> needs() {
    return Set.of(DefenderAccess.SUSPECT_MODEL, DefenderAccess.TRAINING_SET);
  }

  @Override
  public Set<DefenderAccess> needs(Options options) {
    return HoldoutChoice.needs(options.selection(), needs());
  }

  @Override
  public Optional<Passes> expectedPasses(Options options, Workload load) {
    double seen =
        options.fidelity() == Fidelity.PAPER
            ? load.trainingImages()
            : Math.min(RandomBatch.SIZE, load.trainingImages());
    return Optional.of(
        Passes.forward(seen)
            .plus(
                ChannelPruning.expected(
                    options.selection(), LayerScores.SWEEP.length + 1, load.holdoutImages())));
  }

  @Override
  public RepairedModel defend(DefenseContext context, Options options) {
    Network network = context.suspect();
    NormChannels channels = NormChannels.of(network, ID);
    boolean paper = options.fidelity() == Fidelity.PAPER;
    Tensor images = paper ? context.trainingSet().images() : RandomBatch.of(context);
    double width = paper ? options.binWidth() : BENCHMARK_WIDTH;
    Map<String, double[]> entropies =
        new SpatialMaxima(context, network, channels.layers())
            .map(
                images,
                context.spec().normalization(),
                maxima -> HistogramEntropy.of(maxima, width));
    LayerScores scores = new LayerScores(lowIsSuspicious(entropies), true);
    return new ChannelPruning(context, network, channels, !paper)
        .prune(
            PruningSettings.of(LayerScores.SWEEP, options.u(), scores::above),
            new ChannelPruning.Rule(
                options.selection(), options.maxAccuracyDrop(), context::labelledHoldout),
            u -> evidence(scores, images.size(0), u));
  }

  private static Map<String, double[]> lowIsSuspicious(Map<String, double[]> entropies) {
    Map<String, double[]> scores = new LinkedHashMap<>();
    entropies.forEach(
        (layer, values) ->
            scores.put(layer, java.util.Arrays.stream(values).map(h -> -h).toArray()));
    return scores;
  }

  private static Evidence evidence(LayerScores scores, long images, double u) {
    List<String> notes = new ArrayList<>();
    scores.smallLayersNote(u).ifPresent(notes::add);
    return new Evidence(
        Map.of("observed_images", (double) images),
        List.of(scores.histogram("Lack of entropy within the layers", u)),
        notes);
  }
}
