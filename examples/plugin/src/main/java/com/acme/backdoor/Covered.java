package com.acme.backdoor;

import static io.github.backdoor4j.core.Checks.requireRatio;

import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.data.Cover;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.PoisonRate;
import io.github.backdoor4j.core.data.PoisonRecipe;
import io.github.backdoor4j.core.data.Trigger;
import io.github.backdoor4j.core.record.Doc;
import io.github.backdoor4j.core.spi.AttackContext;
import io.github.backdoor4j.core.spi.DataPoisoning;
import io.github.backdoor4j.core.spi.MethodCard;
import io.github.backdoor4j.core.spi.PoisoningStrategy;
import io.github.backdoor4j.core.spi.Registries;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * Adds cover samples to any attack that only poisons data: further images with its trigger that
 * keep their labels, so that poisoned and clean images lie closer together in the features.
 */
public final class Covered implements DataPoisoning<Covered.Options> {

  public record Options(
      @Doc("id of the attack that is covered") String base,
      @Doc(value = "share of the training set to poison", range = "(0, 1]") double ratio,
      @Doc("class that triggered images shall be given") int target,
      @Doc(value = "share of the training set that covers", range = "(0, 1]") double coverRatio) {
    public Options {
      requireRatio("ratio", ratio);
      requireRatio("cover_ratio", coverRatio);
    }
  }

  @Override
  public String id() {
    return "acme.covered";
  }

  @Override
  public Options defaults(DatasetSpec data) {
    return new Options("acme.checkerboard", 0.1, 0, 0.05);
  }

  @Override
  public MethodCard card() {
    String what = "Adds images with an attack's trigger and their own labels to that attack.";
    String paper = "Qi et al.: Revisiting the Assumption of Latent Separability. ICLR 2023";
    String link = "https://openreview.net/forum?id=_wSHsgrVali";
    return new MethodCard(
        "Covered", what, paper, link, "data access", "data poisoning", "as its base", List.of());
  }

  @Override
  public PoisonRecipe recipe(AttackContext context, Options options) {
    DataPoisoning<Record> base = base(options);
    PoisonRecipe plain = base.recipe(context, own(base, context.spec(), options));
    PoisonRate rate = PoisonRate.ofDataset(options.coverRatio());
    return plain.withCover(new Cover(plain.trainingTrigger(), rate));
  }

  @Override
  public Optional<Trigger> trigger(AttackContext context, Options options) {
    DataPoisoning<Record> base = base(options);
    return base.trigger(context, own(base, context.spec(), options));
  }

  @Override
  public Trigger restore(DatasetSpec data, Options options, Map<String, Tensor> state) {
    DataPoisoning<Record> base = base(options);
    return base.restore(data, own(base, data, options), state);
  }

  /** The options of the covered attack: its defaults with our ratio and target. */
  private static Record own(DataPoisoning<Record> base, DatasetSpec data, Options options) {
    Map<String, String> ours =
        Map.of("ratio", "" + options.ratio(), "target", "" + options.target());
    return io.github.backdoor4j.core.record.Options.bind(base.id(), base.defaults(data), ours);
  }

  @SuppressWarnings("unchecked") // its options come from its own defaults
  private static DataPoisoning<Record> base(Options options) {
    PoisoningStrategy<?> found = Registries.load().attacks().get(options.base());
    if (found instanceof DataPoisoning<?> poisoning && !(found instanceof Covered)) {
      return (DataPoisoning<Record>) poisoning;
    }
    throw new UsageException("base '%s' does more than poison data; name another", found.id());
  }
}
