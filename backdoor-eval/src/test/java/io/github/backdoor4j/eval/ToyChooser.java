package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.Passes;
import io.github.backdoor4j.core.spi.DefenderAccess;
import io.github.backdoor4j.core.spi.DefenseContext;
import io.github.backdoor4j.core.spi.DefenseOutcome;
import io.github.backdoor4j.core.spi.DefenseStrategy;
import io.github.backdoor4j.core.spi.Evidence;
import io.github.backdoor4j.core.spi.MethodCard;
import io.github.backdoor4j.core.spi.Selection;
import io.github.backdoor4j.core.spi.Variants;
import io.github.backdoor4j.core.spi.Workload;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * Three models to choose from: the suspect, one that never says class 0, one that always says class
 * 1. The second is best against an attack on class 0.
 */
public final class ToyChooser implements DefenseStrategy<ToyChooser.ChooserOptions> {

  private static final double NEVER = -1e4;

  /** ChooserOptions of the toy. */
  public record ChooserOptions(Selection selection) {}

  @Override
  public String id() {
    return "toy-chooser";
  }

  @Override
  public ChooserOptions defaults(DatasetSpec data) {
    return new ChooserOptions(Selection.FIXED);
  }

  @Override
  public MethodCard card() {
    return new MethodCard("Toy", "Chooses.", "none", "", "none", "none", "nothing", List.of());
  }

  @Override
  public Set<DefenderAccess> needs() {
    return Set.of(DefenderAccess.SUSPECT_MODEL, DefenderAccess.CLEAN_HOLDOUT);
  }

  @Override
  public Set<DefenderAccess> needs(ChooserOptions options) {
    return options.selection().with(needs());
  }

  @Override
  public Optional<Passes> expectedPasses(ChooserOptions options, Workload load) {
    return Optional.of(Passes.forward(load.holdoutImages()));
  }

  @Override
  public DefenseOutcome defend(DefenseContext context, ChooserOptions options) {
    Network suspect = context.suspect();
    context.inference().predict(suspect, context.cleanHoldout());
    int chosen = 2;
    if (options.selection() == Selection.ORACLE) {
      double best = Double.POSITIVE_INFINITY;
      for (int i = 0; i < 3; i++) {
        double regret = regret(context, variant(suspect, i));
        chosen = regret < best ? i : chosen;
        best = Math.min(best, regret);
      }
    }
    return new DefenseOutcome.RepairedModel(
        variant(suspect, chosen),
        Evidence.NONE,
        Optional.of(
            new Variants("strength", List.of(0.0, 0.5, 1.0), chosen, i -> variant(suspect, i))));
  }

  private static double regret(DefenseContext context, Network network) {
    var score = context.oracle().score(network);
    return score.attackSuccess() - score.cleanAccuracy();
  }

  private static Network variant(Network suspect, int index) {
    Network copy = suspect.copy();
    Tensors.withoutGradients(
        () -> {
          Tensor bias = copy.parameters().get("linear.bias");
          if (index == 1) {
            bias.get(0).fill_(new Scalar(NEVER));
          } else if (index == 2) {
            bias.get(1).fill_(new Scalar(-NEVER));
          }
          return bias;
        });
    return copy;
  }
}
