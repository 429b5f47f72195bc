package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.NotApplicableException;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.spi.DefenseContext;
import io.github.backdoor4j.core.spi.DefenseContext.Materials;
import io.github.backdoor4j.core.spi.DefenseOutcome;
import io.github.backdoor4j.core.spi.DefenseOutcome.ModelVerdict;
import io.github.backdoor4j.core.spi.DefenseOutcome.SampleScores;
import io.github.backdoor4j.core.spi.DefenseStrategy;
import io.github.backdoor4j.core.spi.Evaluation.Measurement;
import io.github.backdoor4j.core.spi.EvaluationContext;
import io.github.backdoor4j.core.spi.EvaluationContext.Detection;
import io.github.backdoor4j.core.spi.EvaluationContext.ModelPredictions;
import io.github.backdoor4j.core.spi.EvaluationContext.Verdict;
import io.github.backdoor4j.core.spi.Evidence;
import io.github.backdoor4j.core.spi.Oracle;
import io.github.backdoor4j.core.spi.Workbench;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.train.TrainingHistory;
import java.util.List;
import java.util.Optional;

/** Runs defenses on models, or finds their results on disk. */
final class DefenseCells {

  private static final double NANOS = 1e9;

  private final CellRunner run;

  DefenseCells(CellRunner run) {
    this.run = run;
  }

  /** The result of one defense on one model; a defense that breaks gives a failed record. */
  ResultRecord defend(Bound<DefenseStrategy<?>> defense, AttackedModel attacked, long seed) {
    ResultRecord.CellSpec spec = run.resolved.cell(attacked.result().spec(), defense);
    ResultRecord.Kind kind =
        spec.control() ? ResultRecord.Kind.CONTROL_DEFENSE : ResultRecord.Kind.DEFENSE;
    String key = RecordStore.key(spec, kind);
    Optional<ResultRecord> found = run.fresh ? Optional.empty() : run.store.find(key);
    if (found.isPresent() && found.get().status() != ResultRecord.Status.FAILED) {
      run.listener.onRecord(found.get(), true);
      return found.get();
    }
    CellFiles files = new CellFiles(run.store.folder(key));
    Workbench bench = run.bench(new Seed(seed).child("defense:" + defense.id()), files);
    if (run.fresh) {
      bench.checkpoints().clear();
    }
    PeakMemory.reset();
    long start = System.nanoTime();
    ResultRecord result;
    try (TensorScope scope = TensorScope.open()) {
      result = work(defense, attacked, spec, kind, key, files, bench, start);
    } catch (NotApplicableException e) {
      result = without(spec, kind, key, ResultRecord.Status.NOT_APPLICABLE, e, start);
    } catch (UsageException | DataException e) {
      throw e; // the caller's to mend: nothing else in the run would go better
    } catch (RuntimeException e) {
      // one broken defense must not cost a night's sweep
      result = without(spec, kind, key, ResultRecord.Status.FAILED, e, start);
    }
    run.store.save(result);
    if (result.status() != ResultRecord.Status.FAILED) {
      bench.checkpoints().clear();
    }
    run.listener.onRecord(result, false);
    return result;
  }

  private ResultRecord work(
      Bound<DefenseStrategy<?>> defense,
      AttackedModel attacked,
      ResultRecord.CellSpec spec,
      ResultRecord.Kind kind,
      String key,
      CellFiles files,
      Workbench bench,
      long start) {
    Seed runSeed = new Seed(spec.seed());
    RuntimeInputs inputs =
        RuntimeInputs.draw(
            run.data.test(),
            attacked.triggered(),
            run.resolved.plan.runtimeInputs(),
            !spec.control(),
            runSeed.child("runtime-inputs"));
    ImageDataset training = run.data.training();
    long[] holdout = holdout(runSeed);
    files.saveHoldout(holdout, spec.trainingHash());
    Materials materials =
        new Materials(
            attacked.network(),
            attacked.training(),
            Optional.of(training.subset(holdout)),
            Optional.of(inputs.images()),
            Optional.of(network -> score(network, attacked)));
    DefenseContext context =
        new DefenseContext(
            defense.id(),
            Bound.needs(defense),
            run.resolved.source.spec(),
            materials,
            run.resolved.victim(),
            bench);
    boolean goesOn = bench.checkpoints().any(); // then what was done before is not counted here
    run.device.synchronize();
    long begun = System.nanoTime();
    DefenseOutcome outcome = Bound.defend(defense, context);
    run.device.synchronize();
    double seconds = (System.nanoTime() - begun) / NANOS;
    Optional<OutcomeEvidence.Effort> effort =
        goesOn
            ? Optional.empty()
            : Optional.of(new OutcomeEvidence.Effort(context.passes(), seconds));
    outcome.model().ifPresent(network -> OutcomeChecks.check(defense.id(), network));
    EvaluationContext evaluation = evaluation(defense, outcome, attacked, inputs, spec.control());
    outcome.model().ifPresent(n -> files.saveModel(n, spec, key, run.resolved.source.spec()));
    return run.record(
        key,
        kind,
        spec,
        ModelMetrics.of(attacked.predictions()),
        run.evaluate(evaluation),
        new OutcomeEvidence(run, attacked, outcome, evaluation, effort).complete(),
        new TrainingHistory(List.of()),
        start);
  }

  private Oracle.Score score(Network network, AttackedModel attacked) {
    ModelPredictions predictions =
        Predictions.of(run.inference(), network, run.data.test(), attacked.triggered());
    List<Measurement> metrics = ModelMetrics.of(predictions);
    return new Oracle.Score(metrics.get(0).value(), metrics.get(1).value());
  }

  /** The defender's clean images: rows of the clean training set, drawn without replacement. */
  private long[] holdout(Seed seed) {
    int images = run.data.training().size();
    int count = (int) (images * run.resolved.plan.holdoutRatio());
    return run.resolved.plan.holdoutRule().rows(images, count, seed);
  }

  private EvaluationContext evaluation(
      Bound<DefenseStrategy<?>> defense,
      DefenseOutcome outcome,
      AttackedModel attacked,
      RuntimeInputs inputs,
      boolean control) {
    Optional<Detection> detection =
        outcome.sampleScores().map(s -> detection(defense.id(), s, attacked, inputs));
    Optional<Verdict> verdict =
        outcome instanceof ModelVerdict v
            ? Optional.of(new Verdict(v.backdoored(), !control, v.score()))
            : Optional.empty();
    return new EvaluationContext(
        attacked.predictions(), after(outcome, attacked), detection, verdict);
  }

  /**
   * Predictions of the model that is used from now on. A defense whose product is a model, but
   * which found nothing to mend, leaves the suspect in use; a filter of inputs has no model.
   */
  private Optional<ModelPredictions> after(DefenseOutcome outcome, AttackedModel attacked) {
    if (outcome.model().isPresent()) {
      return outcome
          .model()
          .map(n -> Predictions.of(run.inference(), n, run.data.test(), attacked.triggered()));
    }
    return outcome instanceof SampleScores ? Optional.empty() : Optional.of(attacked.predictions());
  }

  private static Detection detection(
      String defense, SampleScores samples, AttackedModel attacked, RuntimeInputs inputs) {
    boolean[] truth =
        samples.subject() == SampleScores.Subject.TRAINING_SET
            ? attacked.poisoned()
            : inputs.triggered();
    OutcomeChecks.check(defense, samples, truth.length);
    return new Detection(samples.scores(), samples.flagged(), truth);
  }

  private ResultRecord without(
      ResultRecord.CellSpec spec,
      ResultRecord.Kind kind,
      String key,
      ResultRecord.Status status,
      RuntimeException cause,
      long start) {
    ResultRecord empty =
        run.record(
            key,
            kind,
            spec,
            List.of(),
            List.of(),
            Evidence.NONE,
            new TrainingHistory(List.of()),
            start);
    String reason = cause.getMessage() == null ? cause.getClass().getName() : cause.getMessage();
    return empty.withStatus(status, reason);
  }
}
