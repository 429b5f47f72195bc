package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageDataset;
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
import io.github.backdoor4j.core.spi.Workload;
import io.github.backdoor4j.core.train.TrainingHistory;
import io.github.backdoor4j.core.train.TrainingPlan;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Trains all weights on for a while, on clean images only. The baseline that every repair must
 * beat. Assumes a small clean labelled set; says nothing about whether there was a backdoor.
 */
public final class FineTuning implements DefenseStrategy<FineTuning.Options> {

  /**
   * What fine-tuning can be told.
   *
   * @param tuning how to train on the clean images
   * @param fidelity paper and benchmark mean the same here
   */
  public record Options(
      @Doc("training on the clean holdout: all weights, batch normalisation in training mode")
          TrainingPlan tuning,
      @Doc(value = "paper and benchmark mean the same here", range = "paper | backdoorbench")
          Fidelity fidelity) {}

  @Override
  public String id() {
    return "fine-tuning";
  }

  @Override
  public List<String> aliases() {
    return List.of("ft");
  }

  @Override
  public Options defaults(DatasetSpec data) {
    return new Options(Tuning.defaults(data), Fidelity.PAPER);
  }

  @Override
  public MethodCard card() {
    return new MethodCard(
        "Fine-tuning (FT)",
        "Trains the whole model on for a while with clean images only.",
        "Folklore baseline; described with Liu, Dolan-Gavitt, Garg: Fine-Pruning, RAID 2018, and"
            + " used as in BackdoorBench",
        "https://arxiv.org/abs/1805.12185",
        "defender has the model and a small clean labelled set",
        "post-training repair",
        "3 · epochs · holdout/n forward passes over the training set (15 by default)",
        List.of(
            "32-bit training where the benchmark uses 16-bit automatic mixed precision",
            "attacks whose victims did not converge gain clean accuracy here"));
  }

  @Override
  public Set<DefenderAccess> needs() {
    return Set.of(DefenderAccess.SUSPECT_MODEL, DefenderAccess.CLEAN_HOLDOUT);
  }

  @Override
  public Optional<Passes> expectedPasses(Options options, Workload load) {
    return Optional.of(Tuning.passes(options.tuning(), load.holdoutImages()));
  }

  @Override
  public RepairedModel defend(DefenseContext context, Options options) {
    Network network = context.suspect();
    ImageDataset holdout = context.labelledHoldout();
    TrainingHistory history =
        context
            .trainer("tuning")
            .fit(network, holdout, options.tuning(), context.seed().child("tuning"));
    return new RepairedModel(
        network,
        new Evidence(
            Tuning.numbers("tuning", holdout.size(), history),
            Tuning.figures("Fine-tuning on the clean holdout", history),
            Tuning.notes(history)));
  }
}
