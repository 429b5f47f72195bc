package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.data.TriggeredSet;
import io.github.backdoor4j.core.nn.Inference;
import io.github.backdoor4j.core.record.Provenance;
import io.github.backdoor4j.core.spi.DatasetSource;
import io.github.backdoor4j.core.spi.Evaluation.Measurement;
import io.github.backdoor4j.core.spi.EvaluationContext;
import io.github.backdoor4j.core.spi.Evaluator;
import io.github.backdoor4j.core.spi.Evidence;
import io.github.backdoor4j.core.spi.KeptTensors;
import io.github.backdoor4j.core.spi.StrategyRegistry;
import io.github.backdoor4j.core.spi.Workbench;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.train.Checkpoints;
import io.github.backdoor4j.core.train.TrainingHistory;
import io.github.backdoor4j.core.train.TrainingListener;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** What the cells of one run share. */
final class CellRunner {

  final Resolved resolved;
  final DatasetSource.Splits data;
  final ComputeDevice device;
  final RecordStore store;
  final RunListener listener;
  final boolean fresh;
  final CleanModels cleanModels = new CleanModels(this);
  private final StrategyRegistry<Evaluator> evaluators;

  CellRunner(
      Resolved resolved,
      DatasetSource.Splits data,
      ComputeDevice device,
      RecordStore store,
      RunListener listener,
      boolean fresh,
      StrategyRegistry<Evaluator> evaluators) {
    this.resolved = resolved;
    this.data = data;
    this.device = device;
    this.store = store;
    this.listener = listener;
    this.fresh = fresh;
    this.evaluators = evaluators;
  }

  Inference inference() {
    return Inference.on(device);
  }

  Workbench bench(Seed seed, CellFiles files) {
    return new Workbench(
        device,
        seed,
        Checkpoints.in(files.checkpoints()),
        List.of(listener.trainings()),
        KeptTensors.in(store.shared()));
  }

  /** Measures clean accuracy after each epoch, as the plan asks. */
  TrainingListener probe(ImageDataset clean) {
    return probe(clean, Optional::empty);
  }

  /** Measures clean accuracy and attack success after each epoch, as the plan asks. */
  TrainingListener probe(ImageDataset clean, Supplier<Optional<TriggeredSet>> triggered) {
    return resolved.plan.watchImages() == 0
        ? new TrainingListener() {}
        : new EpochProbe(clean, triggered.get(), inference());
  }

  /** The test images that are measured after each epoch; all of them if there are too few. */
  ImageDataset watched() {
    int count = Math.min(resolved.plan.watchImages(), data.test().size());
    if (count == 0) {
      return data.test(); // nobody will look at it
    }
    // the same images in every run, so that curves of different seeds can be compared
    return data.test().sample(count, new Seed(0).child("watched-images"));
  }

  /** All measurements that apply, in the evaluators' order. */
  List<Measurement> evaluate(EvaluationContext context) {
    List<Measurement> all = new ArrayList<>();
    for (Evaluator evaluator : evaluators.all()) {
      all.addAll(evaluator.evaluate(context).measurements());
    }
    return all;
  }

  /** Fills in a record; the cell's own parts are passed. */
  ResultRecord record(
      String key,
      ResultRecord.Kind kind,
      ResultRecord.CellSpec spec,
      List<Measurement> before,
      List<Measurement> after,
      Evidence evidence,
      TrainingHistory history,
      long startNanos) {
    return new ResultRecord(
        ResultRecord.SCHEMA,
        key,
        kind,
        spec,
        ResultRecord.Status.OK,
        "",
        before,
        after,
        evidence,
        history,
        (System.nanoTime() - startNanos) / 1e9,
        PeakMemory.megabytes(),
        Provenance.current(device));
  }
}
