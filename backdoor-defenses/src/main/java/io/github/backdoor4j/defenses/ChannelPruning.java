package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.Passes;
import io.github.backdoor4j.core.spi.DefenseContext;
import io.github.backdoor4j.core.spi.DefenseOutcome.RepairedModel;
import io.github.backdoor4j.core.spi.Evidence;
import io.github.backdoor4j.core.spi.Selection;
import io.github.backdoor4j.core.spi.Variants;
import io.github.backdoor4j.core.tensor.TensorScope;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.DoubleFunction;
import java.util.function.Supplier;

/**
 * Prunes channels of batch normalisations for good, as far as a choice among settings says.
 *
 * @param context of the defense
 * @param network that is pruned in place
 * @param channels those of the network
 * @param shiftToo whether a pruned channel also no longer emits its shift
 */
record ChannelPruning(
    DefenseContext context, Network network, NormChannels channels, boolean shiftToo) {

  private static final String AXIS = "pruned channels";

  /**
   * How to choose.
   *
   * @param selection by what
   * @param tolerance relative loss of accuracy at which pruning has gone too far
   * @param judged gives the images that accuracy is measured on; called for {@link
   *     Selection#CLEAN_HOLDOUT} only
   */
  record Rule(Selection selection, double tolerance, Supplier<ImageDataset> judged) {}

  /**
   * Work of the choice itself: one pass over the judged images per setting, unless it stops early.
   * What an oracle does is not counted, since no defender can do it.
   */
  static Passes expected(Selection selection, int settings, double judged) {
    return selection == Selection.CLEAN_HOLDOUT ? Passes.forward(settings * judged) : Passes.NONE;
  }

  /**
   * Chooses a setting and prunes its channels.
   *
   * @param found numbers, figures and notes of how the settings came about, given the threshold
   *     that was chosen; NaN if none leads to the choice, which then prunes nothing
   */
  RepairedModel prune(PruningSettings settings, Rule rule, DoubleFunction<Evidence> found) {
    Map<String, float[]> before = channels.saved();
    SettingChoice choice = choose(settings, rule, before);
    List<Channel> pruned = settings.pruned().get(choice.setting());
    channels.prune(pruned, shiftToo);
    Evidence evidence =
        new PruningEvidence(channels.sizes(), settings, choice, rule.selection())
            .with(found.apply(settings.thresholds().get(choice.setting())));
    Variants variants =
        new Variants(
            AXIS,
            settings.counts(),
            choice.setting(),
            i -> at(settings.pruned().get(i), before, network.copy()));
    return new RepairedModel(network, evidence, Optional.of(variants));
  }

  private SettingChoice choose(PruningSettings settings, Rule rule, Map<String, float[]> before) {
    try (TensorScope scope = TensorScope.open()) {
      Network tried = network.copy();
      return SettingChoice.of(
          context,
          rule.selection(),
          rule.tolerance(),
          settings.fixed(),
          rule.judged(),
          settings.size(),
          i -> at(settings.pruned().get(i), before, tried));
    }
  }

  /** Makes a copy of the network what it is with these channels pruned and no others. */
  private Network at(List<Channel> pruned, Map<String, float[]> before, Network copy) {
    NormChannels own = NormChannels.of(copy, AXIS);
    own.restore(before);
    own.prune(pruned, shiftToo);
    return copy;
  }
}
