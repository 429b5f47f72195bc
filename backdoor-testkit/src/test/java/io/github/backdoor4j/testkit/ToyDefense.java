package io.github.backdoor4j.testkit;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.Passes;
import io.github.backdoor4j.core.record.Doc;
import io.github.backdoor4j.core.spi.DefenderAccess;
import io.github.backdoor4j.core.spi.DefenseContext;
import io.github.backdoor4j.core.spi.DefenseOutcome;
import io.github.backdoor4j.core.spi.DefenseStrategy;
import io.github.backdoor4j.core.spi.Evidence;
import io.github.backdoor4j.core.spi.Fidelity;
import io.github.backdoor4j.core.spi.Figure;
import io.github.backdoor4j.core.spi.MethodCard;
import io.github.backdoor4j.core.spi.Workload;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A defense that keeps the contract. */
public class ToyDefense implements DefenseStrategy<ToyDefense.Options> {

  public record Options(@Doc("epochs of tuning") int epochs, @Doc("whom") Fidelity fidelity) {}

  @Override
  public String id() {
    return "toy-tuning";
  }

  @Override
  public List<String> aliases() {
    return List.of("tt");
  }

  @Override
  public Options defaults(DatasetSpec data) {
    return new Options(1, Fidelity.PAPER);
  }

  @Override
  public MethodCard card() {
    return ToyAttack.CARD;
  }

  @Override
  public Set<DefenderAccess> needs() {
    return Set.of(DefenderAccess.SUSPECT_MODEL, DefenderAccess.CLEAN_HOLDOUT);
  }

  @Override
  public Optional<Passes> expectedPasses(Options options, Workload load) {
    return Optional.of(Passes.training((double) options.epochs() * load.holdoutImages()));
  }

  @Override
  public DefenseOutcome defend(DefenseContext context, Options options) {
    Network model = context.suspect();
    var history =
        context
            .trainer("tuning")
            .fit(
                model,
                context.labelledHoldout(),
                TinyNetwork.plan(options.epochs()),
                context.seed().child("tuning"));
    double loss = history.epochs().get(0).mean("loss");
    Figure figure =
        new Figure.Curves(
            "Loss", "epoch", "loss", List.of(1.0), Map.of("training", List.of(Double.NaN)));
    return new DefenseOutcome.RepairedModel(
        model, new Evidence(Map.of("last_loss", loss), List.of(figure), List.of()));
  }
}
