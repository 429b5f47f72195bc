package io.github.backdoor4j.eval;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.nn.StartWeights;
import io.github.backdoor4j.core.record.Json;
import io.github.backdoor4j.core.record.Names;
import io.github.backdoor4j.core.record.Options;
import io.github.backdoor4j.core.record.Provenance;
import io.github.backdoor4j.core.spi.Architecture;
import io.github.backdoor4j.core.spi.DatasetSource;
import io.github.backdoor4j.core.spi.DefenseStrategy;
import io.github.backdoor4j.core.spi.PoisoningStrategy;
import io.github.backdoor4j.core.spi.Registries;
import io.github.backdoor4j.core.spi.Victim;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Engine;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.train.TrainingPlan;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Properties;

/** A plan with every id looked up and every option bound and checked, before any work starts. */
final class Resolved {

  private static final int BENCHMARK_EPOCHS = 100;

  final RunPlan plan;
  final BoundData source;
  final Bound<Architecture<?>> model;
  final Optional<StartWeights> start;
  final TrainingPlan training;
  final Bound<PoisoningStrategy<?>> attack;
  final List<Bound<DefenseStrategy<?>>> defenses = new ArrayList<>();

  Resolved(RunPlan plan, Registries registries) {
    this.plan = plan;
    Optional<Path> folder = Optional.of(plan.data()).filter(path -> !path.isEmpty()).map(Path::of);
    this.source = BoundData.of(registries, plan.dataset(), folder);
    DatasetSpec spec = source.spec();
    this.model =
        Bound.of("model", registries.architectures().get(plan.model().id()), spec, plan.model());
    this.start = Bound.startWeights(model);
    this.training =
        Options.bind(
            "training",
            TrainingPlan.benchmark(BENCHMARK_EPOCHS, spec.augmentation()),
            (JsonNode) plan.training());
    this.attack =
        Bound.of("attack", registries.attacks().get(plan.attack().id()), spec, plan.attack());
    for (MethodChoice choice : plan.defenses()) {
      defenses.add(Bound.of("defense", registries.defenses().get(choice.id()), spec, choice));
    }
  }

  /** The data; weights to start from that do not fit come to light here, before any training. */
  DatasetSource.Splits load() {
    if (start.isPresent()) {
      try (TensorScope scope = TensorScope.open()) {
        victim().newNetwork(new Seed(0));
      }
    }
    return source.load();
  }

  Victim victim() {
    NetworkSpec network = NetworkSpec.of(source.spec());
    return new Victim(() -> Bound.build(model, network), start, training);
  }

  /** The spec of the clean model of a seed, which is the same for every attack. */
  ResultRecord.CellSpec cleanCell(DatasetSource.Splits data, long seed, ComputeDevice device) {
    ResultRecord.CellSpec cell = cell(data, seed, true, device);
    return new ResultRecord.CellSpec(
        cell.dataset(),
        cell.datasetOptions(),
        cell.trainingHash(),
        cell.testHash(),
        cell.model(),
        cell.modelOptions(),
        cell.training(),
        "",
        Json.mapper().createObjectNode(),
        "",
        cell.defenseOptions(),
        true,
        seed,
        cell.settings(),
        cell.code(),
        cell.engine());
  }

  /** The spec of a cell without a defense. */
  ResultRecord.CellSpec cell(
      DatasetSource.Splits data, long seed, boolean control, ComputeDevice device) {
    Properties build = Provenance.build();
    ObjectNode settings =
        Json.mapper()
            .createObjectNode()
            .put("watch_images", plan.watchImages())
            .put("device", device.toString());
    start.ifPresent(weights -> settings.put("start_weights", weights.checksum()));
    return new ResultRecord.CellSpec(
        source.id(),
        source.optionTree(),
        data.training().contentHash(),
        data.test().contentHash(),
        model.id(),
        model.optionTree(),
        Json.tree(training),
        attack.id(),
        attack.optionTree(),
        "",
        Json.mapper().createObjectNode(),
        control,
        seed,
        settings,
        build.getProperty("version", "unknown") + "+" + build.getProperty("commit", "unknown"),
        Engine.version());
  }

  /** The spec of a defense on the model of a cell. */
  ResultRecord.CellSpec cell(ResultRecord.CellSpec base, Bound<DefenseStrategy<?>> defense) {
    ObjectNode settings = base.settings().deepCopy();
    settings
        .put("holdout_ratio", plan.holdoutRatio())
        .put("holdout_rule", Names.hyphenated(plan.holdoutRule()))
        .put("runtime_inputs", plan.runtimeInputs());
    ArrayNode access = settings.putArray(ResultRecord.CellSpec.ACCESS);
    Bound.needs(defense).stream().sorted().map(Names::hyphenated).forEach(access::add);
    return new ResultRecord.CellSpec(
        base.dataset(),
        base.datasetOptions(),
        base.trainingHash(),
        base.testHash(),
        base.model(),
        base.modelOptions(),
        base.training(),
        base.attack(),
        base.attackOptions(),
        defense.id(),
        defense.optionTree(),
        base.control(),
        base.seed(),
        settings,
        base.code(),
        base.engine());
  }
}
