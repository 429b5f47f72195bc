package io.github.backdoor4j.eval;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.base.Suppliers;
import io.github.backdoor4j.core.nn.Passes;
import io.github.backdoor4j.core.record.Json;
import io.github.backdoor4j.core.record.Provenance;
import io.github.backdoor4j.core.spi.DefenseStrategy;
import io.github.backdoor4j.core.spi.Workload;
import io.github.backdoor4j.eval.ResultRecord.CellSpec;
import io.github.backdoor4j.eval.ResultRecord.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Makes the estimate of a run from what its methods declare and what is on disk. */
final class Estimator {

  private final CellRunner run;
  private final RunPlan plan;
  private final int trainingImages;
  private final Passes evaluation;
  private final Supplier<KnownSpeeds.Known> speed;

  Estimator(CellRunner run) {
    this(run, KnownSpeeds.standard());
  }

  Estimator(CellRunner run, KnownSpeeds speeds) {
    this.run = run;
    this.speed =
        Suppliers.memoize(
            () ->
                speeds.of(
                    measured(),
                    run.fresh,
                    () -> NetworkSpeed.of(run.resolved.victim(), run.device)));
    this.plan = run.resolved.plan;
    this.trainingImages = run.data.training().size();
    this.evaluation = Passes.forward(2.0 * run.data.test().size()); // clean and triggered images
  }

  /** Everything that the network's speed depends on. */
  private ObjectNode measured() {
    ResultRecord.CellSpec cell = run.resolved.cell(run.data, 0, true, run.device);
    ObjectNode what = Json.mapper().createObjectNode();
    what.put("model", cell.model()).set("model_options", cell.modelOptions());
    what.set("input", Json.tree(run.resolved.source.spec().shape()));
    what.put("classes", run.resolved.source.spec().classes());
    what.put("code", cell.code());
    what.set("machine", Json.tree(Provenance.current(run.device)));
    what.put("processor", Processor.name());
    return what;
  }

  /**
   * The estimate; speed is measured only if something is left to do, and kept for later runs.
   *
   * @param atOnce seeds that are worked on at the same time
   */
  CostEstimate estimate(int atOnce) {
    List<CostEstimate.Line> lines = new ArrayList<>();
    int models = missing(Optional.empty());
    if (models > 0) {
      double epochs = run.resolved.training.epochs();
      lines.add(line("training the model", models, Passes.training(epochs * trainingImages)));
    }
    for (Bound<DefenseStrategy<?>> defense : run.resolved.defenses) {
      int cells = missing(Optional.of(defense));
      if (cells > 0) {
        lines.add(
            Bound.expectedPasses(defense, workload())
                .map(work -> line(defense.id(), cells, work))
                .orElse(new CostEstimate.Line(defense.id(), cells, Double.NaN, Double.NaN)));
      }
    }
    boolean asked = lines.stream().anyMatch(line -> !Double.isNaN(line.seconds()));
    return new CostEstimate(
        lines, asked ? speed.get().age() : Duration.ZERO, plan.seeds().size(), atOnce);
  }

  private CostEstimate.Line line(String title, int cells, Passes work) {
    Passes all = work.plus(evaluation);
    return new CostEstimate.Line(
        title,
        cells,
        all.inForwardPasses() / trainingImages,
        cells * speed.get().speed().seconds(all));
  }

  private Workload workload() {
    return new Workload(
        trainingImages,
        (int) (trainingImages * plan.holdoutRatio()),
        2 * plan.runtimeInputs(),
        run.resolved.source.spec().classes(),
        run.resolved.training.epochs());
  }

  /** Cells without a record: of a defense, or of the trainings. */
  private int missing(Optional<Bound<DefenseStrategy<?>>> defense) {
    int missing = 0;
    for (long seed : plan.seeds()) {
      missing += absent(seed, false, defense) ? 1 : 0;
      missing += plan.control() && absent(seed, true, defense) ? 1 : 0;
    }
    return missing;
  }

  private boolean absent(long seed, boolean control, Optional<Bound<DefenseStrategy<?>>> defense) {
    CellSpec model = run.resolved.cell(run.data, seed, control, run.device);
    Kind trained = control ? Kind.CONTROL : Kind.ATTACK;
    Kind defended = control ? Kind.CONTROL_DEFENSE : Kind.DEFENSE;
    String key =
        defense
            .map(d -> RecordStore.key(run.resolved.cell(model, d), defended))
            .orElseGet(() -> RecordStore.key(model, trained));
    return run.fresh || run.store.find(key).isEmpty();
  }
}
