package io.github.backdoor4j.testkit;

import static io.github.backdoor4j.core.Checks.requireRatio;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.LabelRule;
import io.github.backdoor4j.core.data.PoisonRate;
import io.github.backdoor4j.core.data.PoisonRecipe;
import io.github.backdoor4j.core.record.Doc;
import io.github.backdoor4j.core.spi.AttackContext;
import io.github.backdoor4j.core.spi.DataPoisoning;
import io.github.backdoor4j.core.spi.Fidelity;
import io.github.backdoor4j.core.spi.MethodCard;
import java.util.List;

/** An attack that keeps the contract. */
public class ToyAttack implements DataPoisoning<ToyAttack.Options> {

  public record Options(
      @Doc("share of the training set") double ratio,
      @Doc("target class") int target,
      @Doc("whom to follow") Fidelity fidelity) {
    public Options {
      requireRatio("ratio", ratio);
    }
  }

  static final MethodCard CARD =
      new MethodCard(
          "Toy",
          "Does as little as possible.",
          "Nobody, 2026",
          "https://example.org",
          "none",
          "data poisoning",
          "1",
          List.of());

  @Override
  public String id() {
    return "toy";
  }

  @Override
  public Options defaults(DatasetSpec data) {
    return new Options(0.1, 0, Fidelity.PAPER);
  }

  @Override
  public MethodCard card() {
    return CARD;
  }

  @Override
  public PoisonRecipe recipe(AttackContext context, Options options) {
    return new PoisonRecipe(
        TinyScene.CORNER_PATCH,
        new LabelRule.AllToOne(options.target()),
        PoisonRate.ofDataset(options.ratio()));
  }
}
