package io.github.backdoor4j.eval;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.nn.Passes;
import io.github.backdoor4j.core.nn.StartWeights;
import io.github.backdoor4j.core.record.Json;
import io.github.backdoor4j.core.record.Options;
import io.github.backdoor4j.core.spi.Architecture;
import io.github.backdoor4j.core.spi.AttackContext;
import io.github.backdoor4j.core.spi.AttackOutcome;
import io.github.backdoor4j.core.spi.DefenderAccess;
import io.github.backdoor4j.core.spi.DefenseContext;
import io.github.backdoor4j.core.spi.DefenseOutcome;
import io.github.backdoor4j.core.spi.DefenseStrategy;
import io.github.backdoor4j.core.spi.NamedStrategy;
import io.github.backdoor4j.core.spi.PoisoningStrategy;
import io.github.backdoor4j.core.spi.Workload;
import java.util.Optional;
import java.util.Set;

/**
 * A method together with the options it will run with. Keeps the unchecked casts that a registry of
 * generic strategies needs in one place: options always come from the strategy's own defaults.
 *
 * @param strategy the method
 * @param options a value of its options record
 */
record Bound<S extends NamedStrategy<?>>(S strategy, Record options) {

  /** Binds a choice to the strategy's defaults for a data set. */
  static <S extends NamedStrategy<?>> Bound<S> of(
      String kind, S strategy, DatasetSpec data, MethodChoice choice) {
    Record defaults = strategy.defaults(data);
    return new Bound<>(
        strategy,
        Options.bind(kind + " '" + strategy.id() + "'", defaults, (JsonNode) choice.options()));
  }

  String id() {
    return strategy.id();
  }

  JsonNode optionTree() {
    return Json.tree(options);
  }

  @SuppressWarnings("unchecked")
  static AttackOutcome attack(Bound<PoisoningStrategy<?>> bound, AttackContext context) {
    return ((PoisoningStrategy<Record>) bound.strategy()).attack(context, bound.options());
  }

  @SuppressWarnings("unchecked")
  static DefenseOutcome defend(Bound<DefenseStrategy<?>> bound, DefenseContext context) {
    return ((DefenseStrategy<Record>) bound.strategy()).defend(context, bound.options());
  }

  /** What a defense must be given under its options. */
  @SuppressWarnings("unchecked")
  static Set<DefenderAccess> needs(Bound<DefenseStrategy<?>> bound) {
    return ((DefenseStrategy<Record>) bound.strategy()).needs(bound.options());
  }

  /** Work to expect of a defense under its options. */
  @SuppressWarnings("unchecked")
  static Optional<Passes> expectedPasses(Bound<DefenseStrategy<?>> bound, Workload load) {
    return ((DefenseStrategy<Record>) bound.strategy()).expectedPasses(bound.options(), load);
  }

  @SuppressWarnings("unchecked")
  static Optional<StartWeights> startWeights(Bound<Architecture<?>> bound) {
    return ((Architecture<Record>) bound.strategy()).startWeights(bound.options());
  }

  @SuppressWarnings("unchecked")
  static Network build(Bound<Architecture<?>> bound, NetworkSpec spec) {
    return ((Architecture<Record>) bound.strategy()).build(spec, bound.options());
  }
}
