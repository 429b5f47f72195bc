package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.AtomicFiles;
import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.record.Json;
import io.github.backdoor4j.core.spi.DefenseStrategy;
import io.github.backdoor4j.core.spi.Registries;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.TensorScope;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

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

  /**
   * @param registries where methods come from
   * @param out output folder, made if absent
   * @param listener who watches
   * @param fresh whether results on disk are made anew
   */
  public BenchmarkRunner(Registries registries, Path out, RunListener listener, boolean fresh) {
    this.registries = registries;
    this.out = out;
    this.listener = listener;
    this.fresh = fresh;
  }

  /**
   * Runs a plan.
   *
   * @throws UsageException if an id or option is wrong, before any work
   * @throws DataException if data, the output folder or a record cannot be used
   * @throws io.github.backdoor4j.core.NotApplicableException if the attack cannot act on the data
   */
  public RunResult run(RunPlan plan) {
    Resolved resolved = new Resolved(plan, registries);
    makeFolder();
    try (FileChannel channel = openLock();
        FileLock lock = lock(channel);
        TensorScope scope = TensorScope.open()) {
      AtomicFiles.replace(out.resolve("plan.json"), Json.writePretty(plan));
      ComputeDevice device = ComputeDevice.parse(plan.device());
      CellRunner cells =
          new CellRunner(
              resolved,
              resolved.load(),
              device,
              RecordStore.open(out),
              listener,
              fresh,
              registries.evaluators());
      if (listener.wantsEstimate()) {
        listener.onEstimate(new Estimator(cells).estimate());
      }
      List<ResultRecord> records = new ArrayList<>();
      for (long seed : plan.seeds()) {
        runSeed(cells, seed, records);
      }
      return new RunResult(plan, records, out);
    } catch (IOException e) {
      throw unwritable(e);
    }
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

  private void makeFolder() {
    try {
      Files.createDirectories(out);
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  private FileChannel openLock() throws IOException {
    return FileChannel.open(
        out.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
  }

  private FileLock lock(FileChannel channel) throws IOException {
    FileLock lock;
    try {
      lock = channel.tryLock();
    } catch (OverlappingFileLockException e) {
      lock = null;
    }
    if (lock == null) {
      throw new DataException(
          "another run is writing to %s. Wait for it, or choose another output folder.", out);
    }
    return lock;
  }

  private DataException unwritable(IOException cause) {
    return new DataException(
        cause,
        "output folder %s cannot be written: %s. Check its permissions, or choose another.",
        out.toAbsolutePath(),
        cause);
  }
}
