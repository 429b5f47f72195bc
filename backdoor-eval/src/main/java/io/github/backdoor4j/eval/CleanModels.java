package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.AtomicFiles;
import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.PathLocks;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.record.Json;
import io.github.backdoor4j.core.spi.Workbench;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.train.EpochReport;
import io.github.backdoor4j.core.train.TrainingHistory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/**
 * Models trained on clean data, one for each seed: the control of every attack, and what some
 * attacks optimise their triggers on. Trained once for all cells of an output folder.
 */
final class CleanModels {

  /**
   * A clean model.
   *
   * @param network its weights, in the caller's scope
   * @param history of its training
   */
  record CleanModel(Network network, TrainingHistory history) {

    /** Wall time of the training. */
    double seconds() {
      return history.epochs().stream().mapToDouble(EpochReport::seconds).sum();
    }
  }

  private static final String CONTENT = "clean-model-";

  private final CellRunner run;
  private final Set<String> renewed = new HashSet<>();

  CleanModels(CellRunner run) {
    this.run = run;
  }

  /** The clean model of a seed, found or trained. */
  CleanModel of(long seed) {
    ResultRecord.CellSpec spec = run.resolved.cleanCell(run.data, seed, run.device);
    String key = RecordStore.key(spec, ResultRecord.Kind.CONTROL);
    Path folder = run.store.shared().resolve(CONTENT + key);
    return PathLocks.at(folder, () -> of(seed, spec, key, folder));
  }

  private CleanModel of(long seed, ResultRecord.CellSpec spec, String key, Path folder) {
    CellFiles files = new CellFiles(folder);
    Path done = folder.resolve("history.json");
    boolean renew = run.fresh && renewed.add(key);
    if (Files.exists(done) && !renew) {
      Network network = files.loadModel(run.resolved.victim().newNetwork(new Seed(0)));
      return new CleanModel(network.to(run.device), history(done));
    }
    CleanModel trained = train(new Seed(seed).child("control"), files, renew);
    files.saveModel(trained.network(), spec, key, run.resolved.source.spec());
    AtomicFiles.replace(done, Json.writePretty(trained.history())); // last: all else is there
    files.clearCheckpoints();
    return trained;
  }

  private static TrainingHistory history(Path file) {
    try {
      return Json.read(Files.readString(file), TrainingHistory.class);
    } catch (IOException e) {
      throw new DataException(
          e, "%s is broken: %s. Delete its folder and run again to make it anew.", file, e);
    }
  }

  private CleanModel train(Seed seed, CellFiles files, boolean renew) {
    Workbench bench = run.bench(seed, files);
    if (renew) {
      bench.checkpoints().clear();
    }
    Network network = run.resolved.victim().newNetwork(seed.child("victim-weights")).to(run.device);
    try (TensorScope scope = TensorScope.open()) {
      ImageDataset watched = run.watched();
      TrainingHistory history =
          bench
              .trainer("clean model")
              .with(run.probe(watched))
              .fit(network, run.data.training(), run.resolved.training, seed.child("training"));
      OutcomeChecks.check("clean model", network);
      return new CleanModel(network, history);
    }
  }
}
