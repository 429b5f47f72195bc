package io.github.backdoor4j.defenses;

import static io.github.backdoor4j.core.Checks.requireNonNegative;
import static io.github.backdoor4j.core.Checks.requireRatio;

import io.github.backdoor4j.core.NotApplicableException;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.nn.ConvNorm;
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

/**
 * Prunes the channels that could amplify their input far more than the others of their layer: the
 * bound is the largest singular value of the channel's kernel, scaled as its batch normalisation
 * does. Needs no data at all.
 *
 * <p>{@link Fidelity#PAPER}: convolutions whose output enters a batch normalisation directly, seen
 * in a pass; the variance with the layer's epsilon. {@link Fidelity#BACKDOORBENCH}: each
 * normalisation with the last convolution declared before it, whether or not it follows; no
 * epsilon, so that one dead channel keeps its layer from being pruned.
 *
 * @see <a href="https://arxiv.org/abs/2208.03111">Zheng et al., Data-free Backdoor Removal based on
 *     Channel Lipschitzness, ECCV 2022</a>
 */
public final class ChannelLipschitzPruning
    implements DefenseStrategy<ChannelLipschitzPruning.Options> {

  private static final String ID = "clp";

  /** What to do with a normalisation whose input is a sum of branches. */
  public enum ResidualInputs {
    /** Leave it alone. */
    SKIP,
    /** Judge it with the last convolution of a pass that enters the sum. */
    LAST_CONVOLUTION
  }

  /**
   * What Channel Lipschitzness Pruning can be told.
   *
   * @param u standard deviations above the layer's mean at which a channel is pruned
   * @param residualInputs what to do with normalisations that see a sum
   * @param selection by what u is chosen
   * @param maxAccuracyDrop relative loss of clean accuracy at which pruning has gone too far
   * @param fidelity whom to follow where paper and benchmark differ
   */
  public record Options(
      @Doc(
              value =
                  "standard deviations above the mean of its layer at which a channel is pruned"
                      + " (section 4.3); 3, for Tiny-ImageNet 5",
              range = "at least 0")
          double u,
      @Doc(
              value =
                  "normalisations whose input is a sum of branches, as in pre-activation networks:"
                      + " leave them alone or judge them with the last convolution in the sum;"
                      + " paper only",
              range = "skip | last-convolution")
          ResidualInputs residualInputs,
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
                  "paper: true pairs of convolution and normalisation, variance with epsilon;"
                      + " backdoorbench: pairs in order of declaration, variance without epsilon",
              range = "paper | backdoorbench")
          Fidelity fidelity) {

    public Options {
      requireNonNegative("u", u);
      requireRatio("max_accuracy_drop", maxAccuracyDrop);
    }
  }

  @Override
  public String id() {
    return ID;
  }

  @Override
  public Options defaults(DatasetSpec data) {
    double u = data.id().equals("tiny-imagenet") ? 5 : 3;
    return new Options(u, ResidualInputs.SKIP, Selection.FIXED, 0.1, Fidelity.PAPER);
  }

  @Override
  public MethodCard card() {
    return new MethodCard(
        "Channel Lipschitzness Pruning (CLP)",
        "Prunes channels whose kernel and normalisation could amplify their input far more than"
            + " those of the other channels of the layer.",
        "R. Zheng, R. Tang, J. Li, L. Liu: Data-free Backdoor Removal based on Channel"
            + " Lipschitzness, ECCV 2022",
        "https://arxiv.org/abs/2208.03111",
        "defender has the model and nothing else",
        "post-training repair",
        "no pass over data; one small eigenvalue problem per channel",
        List.of(
            "pairs are those that a pass shows; a pre-activation network has them only where a"
                + " convolution enters a normalisation with nothing between (9 of the 16 layers of"
                + " PreAct-ResNet-18), and the residual option is ours",
            "the variance has the layer's epsilon added, and a score that is no number counts as"
                + " 0; the benchmark has neither",
            "layers of N channels with (N-1)/sqrt(N) <= u can lose none, whatever their weights:"
                + " N <= 10 at u = 3",
            "u is tuned to the data set in the benchmark, which no defender can do"));
  }

  @Override
  public Set<DefenderAccess> needs() {
    return Set.of(DefenderAccess.SUSPECT_MODEL);
  }

  @Override
  public Set<DefenderAccess> needs(Options options) {
    return HoldoutChoice.needs(options.selection(), needs());
  }

  @Override
  public Optional<Passes> expectedPasses(Options options, Workload load) {
    return Optional.of(
        ChannelPruning.expected(
            options.selection(), LayerScores.SWEEP.length + 1, load.holdoutImages()));
  }

  @Override
  public RepairedModel defend(DefenseContext context, Options options) {
    Network network = context.suspect();
    NormChannels channels = NormChannels.of(network, ID);
    LayerScores scores = scores(network, channels, options);
    PruningSettings settings = PruningSettings.of(LayerScores.SWEEP, options.u(), scores::above);
    return new ChannelPruning(context, network, channels, true)
        .prune(
            settings,
            new ChannelPruning.Rule(
                options.selection(), options.maxAccuracyDrop(), context::labelledHoldout),
            u -> evidence(scores, channels, u));
  }

  private static LayerScores scores(Network network, NormChannels channels, Options options) {
    boolean paper = options.fidelity() == Fidelity.PAPER;
    Map<String, double[]> scores = new LinkedHashMap<>();
    for (ConvNorm pair : pairs(network, options)) {
      double[] bounds =
          ChannelLipschitzness.of(
              java.util.Objects.requireNonNull(
                  network.parameters().get(pair.conv().name() + ".weight")),
              channels.scales(pair.norm()),
              channels.running(pair.norm(), true),
              paper ? pair.norm().epsilon() : 0);
      if (paper) {
        zeroWhereNotANumber(bounds);
      }
      scores.put(pair.norm().name(), bounds);
    }
    return new LayerScores(scores, paper);
  }

  private static List<ConvNorm> pairs(Network network, Options options) {
    ConvNormPairs finder = new ConvNormPairs(network);
    List<ConvNorm> pairs =
        options.fidelity() == Fidelity.BACKDOORBENCH
            ? finder.inOrderOfDeclaration()
            : finder.exact(options.residualInputs() == ResidualInputs.LAST_CONVOLUTION);
    if (pairs.isEmpty()) {
      throw new NotApplicableException(
          "defense '%s' judges convolutions together with the batch normalisation that their"
              + " output enters, but no convolution of the network enters one",
          ID);
    }
    return pairs;
  }

  private static void zeroWhereNotANumber(double[] values) {
    for (int i = 0; i < values.length; i++) {
      values[i] = Double.isNaN(values[i]) ? 0 : values[i];
    }
  }

  private static Evidence evidence(LayerScores scores, NormChannels channels, double u) {
    Map<String, Double> numbers = new LinkedHashMap<>();
    numbers.put("judged_layers", (double) scores.byLayer().size());
    numbers.put("layers", (double) channels.layers().size());
    List<String> notes = new ArrayList<>();
    int left = channels.layers().size() - scores.byLayer().size();
    if (left > 0) {
      notes.add(
          left
              + " batch normalisation(s) were left alone, since no convolution enters them"
              + " directly.");
    }
    scores.smallLayersNote(u).ifPresent(notes::add);
    return new Evidence(
        numbers,
        List.of(scores.histogram("Channel Lipschitz bounds within their layers", u)),
        notes);
  }
}
