package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.AtomicFiles;
import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.record.Json;
import io.github.backdoor4j.core.spi.DefenseStrategy;
import io.github.backdoor4j.core.spi.Registries;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.TensorScope;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * Carries out a {@link RunPlan}: per seed one attack, its clean control, then every defense on
 * both.
 *
 * <p>Each finished cell is a record on disk; a run that was killed goes on from the records and
 * checkpoints it finds and ends with the same numbers.
 */
public final class BenchmarkRunner {

  private final Registries registries;
  private final Path out;
  private final RunListener listener;
  private final boolean fresh;
  private final SideBySide jobs;

  /**
   * @param registries where methods come from
   * @param out output folder, made if absent
   * @param listener who watches
   * @param fresh whether results on disk are made anew
   */
  public BenchmarkRunner(Registries registries, Path out, RunListener listener, boolean fresh) {
    this(registries, out, listener, fresh, new SideBySide(1));
  }

  private BenchmarkRunner(
      Registries registries, Path out, RunListener listener, boolean fresh, SideBySide jobs) {
    this.registries = registries;
    this.out = out;
    this.listener = listener;
    this.fresh = fresh;
    this.jobs = jobs;
  }

  /**
   * A runner that works on several seeds at a time, each with its share of the cores, a single one
   * too, so that its numbers do not depend on how many others there are.
   *
   * @param count seeds at a time, at least 1
   */
  public BenchmarkRunner sideBySide(int count) {
    return new BenchmarkRunner(registries, out, listener, fresh, new SideBySide(count));
  }

  /**
   * Runs a plan.
   *
   * @throws UsageException if an id or option is wrong, before any work
   * @throws DataException if data, the output folder or a record cannot be used
   * @throws io.github.backdoor4j.core.NotApplicableException if the attack cannot act on the data
   */
  public RunResult run(RunPlan plan) {
    new Resolved(plan, registries); // mistakes come to light before the folder is touched
    try (OutputLock lock = OutputLock.of(out)) {
      AtomicFiles.replace(out.resolve("plan.json"), Json.writePretty(plan));
      if (jobs.jobs() == 1 || plan.seeds().size() == 1) {
        return jobs.withShare(() -> runWithin(lock, plan));
      }
      estimate(plan);
      List<Supplier<List<ResultRecord>>> work = new ArrayList<>();
      for (int i = 0; i < plan.seeds().size(); i++) {
        RunPlan part = plan.withSeeds(List.of(plan.seeds().get(i)));
        String title = plan.attack().id() + ", seed " + plan.seeds().get(i);
        int position = i + 1;
        work.add(
            () -> part(lock, part, jobs.watching(listener, title, position, plan.seeds().size())));
      }
      return new RunResult(plan, jobs.run(work).stream().flatMap(List::stream).toList(), out);
    }
  }

  private List<ResultRecord> part(OutputLock lock, RunPlan plan, RunListener watching) {
    return new BenchmarkRunner(registries, out, watching, fresh).runWithin(lock, plan).records();
  }

  /**
   * Runs a plan in an output folder that the caller has locked, perhaps beside other runs of this
   * process.
   */
  RunResult runWithin(OutputLock lock, RunPlan plan) {
    try (TensorScope scope = TensorScope.open()) {
      CellRunner cells = cells(plan);
      if (listener.wantsEstimate()) {
        listener.onEstimate(new Estimator(cells).estimate(1));
      }
      List<ResultRecord> records = new ArrayList<>();
      for (long seed : plan.seeds()) {
        runSeed(cells, seed, records);
      }
      return new RunResult(plan, records, out);
    }
  }

  private void estimate(RunPlan plan) {
    if (listener.wantsEstimate()) {
      int atOnce = Math.min(jobs.jobs(), plan.seeds().size());
      listener.onEstimate(
          jobs.withShare(
              () -> {
                try (TensorScope scope = TensorScope.open()) {
                  return new Estimator(cells(plan)).estimate(atOnce);
                }
              }));
    }
  }

  private CellRunner cells(RunPlan plan) {
    Resolved resolved = new Resolved(plan, registries);
    return new CellRunner(
        resolved,
        resolved.load(),
        ComputeDevice.parse(plan.device()),
        RecordStore.open(out),
        listener,
        fresh,
        registries.evaluators());
  }

  private void runSeed(CellRunner cells, long seed, List<ResultRecord> records) {
    RunPlan plan = cells.resolved.plan;
    int perSeed = (1 + plan.defenses().size()) * (plan.control() ? 2 : 1);
    int total = perSeed * plan.seeds().size();
    String attack = cells.resolved.attack.id();
    AttackCells attacks = new AttackCells(cells);
    DefenseCells defenses = new DefenseCells(cells);
    try (TensorScope scope = TensorScope.open()) {
      listener.onCell(records.size() + 1, total, title(attack, "", seed));
      AttackedModel attacked = attacks.attack(seed);
      records.add(attacked.result());
      List<AttackedModel> models = new ArrayList<>(List.of(attacked));
      if (plan.control()) {
        listener.onCell(records.size() + 1, total, title("clean control", "", seed));
        models.add(attacks.control(attacked, seed));
        records.add(models.get(1).result());
      }
      for (Bound<DefenseStrategy<?>> defense : cells.resolved.defenses) {
        for (AttackedModel model : models) {
          boolean control = model.result().spec().control();
          listener.onCell(
              records.size() + 1,
              total,
              title(control ? "clean control" : attack, defense.id(), seed));
          records.add(defenses.defend(defense, model, seed));
        }
      }
    }
  }

  private static String title(String model, String defense, long seed) {
    return model + (defense.isEmpty() ? "" : " → " + defense) + ", seed " + seed;
  }
}
