package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.PathLocks;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.data.LearnedTrigger;
import io.github.backdoor4j.core.data.PoisonedDataset;
import io.github.backdoor4j.core.data.Poisoner;
import io.github.backdoor4j.core.data.TriggeredSet;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.spi.AttackContext;
import io.github.backdoor4j.core.spi.AttackOutcome;
import io.github.backdoor4j.core.spi.EvaluationContext;
import io.github.backdoor4j.core.spi.EvaluationContext.ModelPredictions;
import io.github.backdoor4j.core.spi.Evidence;
import io.github.backdoor4j.core.spi.Workbench;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Makes the models that defenses act on, or finds them on disk. */
final class AttackCells {

  private static final double NANOS = 1e9;

  private final CellRunner run;

  AttackCells(CellRunner run) {
    this.run = run;
  }

  /** The backdoored model of a seed. */
  AttackedModel attack(long seed) {
    ResultRecord.CellSpec spec = run.resolved.cell(run.data, seed, false, run.device);
    String key = RecordStore.key(spec, ResultRecord.Kind.ATTACK);
    return PathLocks.at(run.store.folder(key), () -> attack(spec, key, seed));
  }

  private AttackedModel attack(ResultRecord.CellSpec spec, String key, long seed) {
    CellFiles files = new CellFiles(run.store.folder(key));
    Optional<ResultRecord> found = run.fresh ? Optional.empty() : run.store.find(key);
    if (found.isPresent() && files.complete()) {
      run.listener.onRecord(found.get(), true);
      return load(found.get(), files);
    }
    return train(spec, key, files, seed);
  }

  private AttackedModel load(ResultRecord result, CellFiles files) {
    Network network = files.loadModel(run.resolved.victim().newNetwork(new Seed(0)));
    network.to(run.device);
    Optional<PoisonedDataset> poisoned = files.loadPoisoned(run.data.training());
    TriggeredSet triggered = files.loadTriggered(run.resolved.source.spec());
    return model(result, network, poisoned, triggered, predict(network, triggered));
  }

  private AttackedModel model(
      ResultRecord result,
      Network network,
      Optional<PoisonedDataset> poisoned,
      TriggeredSet triggered,
      ModelPredictions predictions) {
    return new AttackedModel(
        result,
        network,
        poisoned.map(PoisonedDataset::asDataset),
        poisoned
            .map(PoisonedDataset::flags)
            .orElseGet(() -> new boolean[run.data.training().size()]),
        triggered,
        predictions);
  }

  /** The one pass over test and triggered images that record and defenses share. */
  private ModelPredictions predict(Network network, TriggeredSet triggered) {
    return Predictions.of(run.inference(), network, run.data.test(), triggered);
  }

  private AttackedModel train(ResultRecord.CellSpec spec, String key, CellFiles files, long seed) {
    PeakMemory.reset();
    long start = System.nanoTime();
    Workbench bench = run.bench(new Seed(seed).child("attack:" + spec.attack()), files);
    if (run.fresh) {
      bench.checkpoints().clear();
    }
    AttackOutcome outcome;
    TriggeredSet triggered;
    try (TensorScope scope = TensorScope.open()) {
      ImageDataset watched = run.watched();
      AttackContext context =
          new AttackContext(
              run.data.training(),
              run.resolved.victim(),
              bench,
              (trigger, labels) ->
                  run.probe(watched, () -> Optional.of(Poisoner.trigger(watched, trigger, labels))),
              () -> run.cleanModels.of(seed).network());
      outcome = Bound.attack(run.resolved.attack, context);
      OutcomeChecks.check(run.resolved.attack.id(), outcome.model());
      triggered = Poisoner.trigger(run.data.test(), outcome.trigger(), outcome.labels());
      scope.keep(outcome);
      scope.keep(triggered);
    }
    ModelPredictions predictions = predict(outcome.model(), triggered);
    ResultRecord result =
        run.record(
            key,
            ResultRecord.Kind.ATTACK,
            spec,
            List.of(),
            run.evaluate(context(predictions)),
            evidence(outcome, triggered),
            outcome.history(),
            start);
    files.saveModel(outcome.model(), spec, key, run.resolved.source.spec());
    outcome.poisoned().ifPresent(files::savePoisoned);
    files.saveTriggered(triggered);
    if (outcome.trigger() instanceof LearnedTrigger learned) {
      files.saveTriggerState(learned.state());
    }
    finish(result, bench);
    return model(result, outcome.model(), outcome.poisoned(), triggered, predictions);
  }

  private void finish(ResultRecord result, Workbench bench) {
    run.store.save(result); // last of all: a record means that everything beside it is there
    bench.checkpoints().clear();
    run.listener.onRecord(result, false);
  }

  private Evidence evidence(AttackOutcome outcome, TriggeredSet triggered) {
    int poisoned = outcome.poisoned().map(set -> set.poisonedRows().length).orElse(0);
    Map<String, Double> numbers = new LinkedHashMap<>(); // Map.of would shuffle the record
    numbers.put("poisoned_images", (double) poisoned);
    numbers.put("training_images", (double) run.data.training().size());
    double psnr = TriggerVisibility.psnr(run.data.test(), triggered);
    if (Double.isFinite(psnr)) { // JSON knows no infinity
      numbers.put("trigger_psnr", psnr);
    }
    return new Evidence(numbers, SamplePictures.of(run.data.test(), triggered), List.of());
  }

  private static EvaluationContext context(ModelPredictions predictions) {
    return new EvaluationContext(predictions, Optional.empty(), Optional.empty(), Optional.empty());
  }

  /** The clean model of a seed, measured with the trigger of an attacked one. */
  AttackedModel control(AttackedModel attacked, long seed) {
    ResultRecord.CellSpec spec = run.resolved.cell(run.data, seed, true, run.device);
    String key = RecordStore.key(spec, ResultRecord.Kind.CONTROL);
    PeakMemory.reset();
    Optional<ResultRecord> found = run.fresh ? Optional.empty() : run.store.find(key);
    CleanModels.CleanModel clean = run.cleanModels.of(seed);
    TriggeredSet triggered = attacked.triggered();
    ModelPredictions predictions = predict(clean.network(), triggered);
    if (found.isPresent()) {
      run.listener.onRecord(found.get(), true);
      return control(found.get(), clean.network(), triggered, predictions);
    }
    long start = System.nanoTime() - (long) (clean.seconds() * NANOS); // wherever it was trained
    ResultRecord result =
        run.record(
            key,
            ResultRecord.Kind.CONTROL,
            spec,
            List.of(),
            run.evaluate(context(predictions)),
            Evidence.NONE,
            clean.history(),
            start);
    run.store.save(result);
    run.listener.onRecord(result, false);
    return control(result, clean.network(), triggered, predictions);
  }

  private AttackedModel control(
      ResultRecord result, Network network, TriggeredSet triggered, ModelPredictions predictions) {
    return new AttackedModel(
        result,
        network,
        Optional.of(run.data.training()),
        new boolean[run.data.training().size()],
        triggered,
        predictions);
  }
}
