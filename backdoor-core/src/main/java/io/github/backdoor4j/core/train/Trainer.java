package io.github.backdoor4j.core.train;

import static io.github.backdoor4j.core.Checks.require;

import io.github.backdoor4j.core.EngineException;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.Trainable;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The only epoch loop of the project.
 *
 * <p>Order of samples, augmentation and the steps' own draws come from the seed and the epoch
 * alone, so a training resumed from a checkpoint ends with the same weights as an undisturbed one
 * (bit for bit on one machine's CPU with the same number of threads). Memory is freed after every
 * step.
 */
public final class Trainer {

  private final String purpose;
  private final ComputeDevice device;
  private final Checkpoints checkpoints;
  private final List<TrainingListener> listeners;

  /**
   * @param purpose what is trained; names the checkpoint, so it must differ within one folder
   * @param device where to train
   * @param checkpoints where to leave and look for state
   * @param listeners who watches
   */
  public Trainer(
      String purpose,
      ComputeDevice device,
      Checkpoints checkpoints,
      List<TrainingListener> listeners) {
    this.purpose = purpose;
    this.device = device;
    this.checkpoints = checkpoints;
    this.listeners = List.copyOf(listeners);
  }

  /** This trainer with one more listener. */
  public Trainer with(TrainingListener listener) {
    List<TrainingListener> more = new ArrayList<>(listeners);
    more.add(listener);
    return new Trainer(purpose, device, checkpoints, more);
  }

  /** This trainer without checkpoints, for short inner trainings. */
  public Trainer withoutCheckpoints() {
    return new Trainer(purpose, device, Checkpoints.none(), listeners);
  }

  /** Trains a network with cross entropy on the labels of a data set. */
  public TrainingHistory fit(Network network, ImageDataset data, TrainingPlan plan, Seed seed) {
    return fit(
        network,
        data,
        plan,
        (batch, context) ->
            context.crossEntropy(context.forward(network, batch.images()), batch.labels()),
        seed);
  }

  /**
   * Trains whatever a step minimises. The model is in training mode during steps and in evaluation
   * mode afterwards.
   *
   * @param model whose parameters are updated in place
   * @param data source of the batches
   * @throws EngineException if the loss is no finite number
   */
  public TrainingHistory fit(
      Trainable model, ImageDataset data, TrainingPlan plan, BatchStep step, Seed seed) {
    TrainedPart part = new TrainedPart("", model, plan.optimizer(), plan.schedule());
    return run(
        List.of(part),
        data,
        plan,
        (batch, context) -> List.of(step.loss(batch, context)),
        step,
        seed);
  }

  /**
   * Trains several models together. Listeners look at the first; its loss is the history's {@code
   * loss}, those of the others are named {@code NAME_loss}.
   *
   * @param parts each with its own optimiser and schedule, which replace the plan's
   * @param data source of the batches
   * @throws EngineException if a loss is no finite number
   */
  public TrainingHistory fit(
      List<TrainedPart> parts, ImageDataset data, TrainingPlan plan, JointStep step, Seed seed) {
    long names = parts.stream().map(TrainedPart::name).distinct().count();
    require(!parts.isEmpty() && names == parts.size(), "parts need different names, got %s", parts);
    return run(parts, data, plan, step, step, seed);
  }

  private TrainingHistory run(
      List<TrainedPart> parts,
      ImageDataset data,
      TrainingPlan plan,
      JointStep losses,
      TrainingStep step,
      Seed seed) {
    try (TensorScope scope = TensorScope.open()) {
      return new Run(parts, data, plan, losses, step, seed).toEnd();
    } finally {
      parts.forEach(part -> part.model().training(false));
    }
  }

  /** One training under way; its tensors belong to the scope opened by {@link #run}. */
  private final class Run {

    private final List<PartInTraining> parts;
    private final BatchStream batches;
    private final TrainingPlan plan;
    private final JointStep losses;
    private final TrainingStep step;
    private final Seed seed;
    private final List<EpochReport> reports = new ArrayList<>();
    private final Optional<TrainingCheckpoint> checkpoint;
    private boolean stopped;
    private long lastSaved = System.nanoTime();

    Run(
        List<TrainedPart> trained,
        ImageDataset data,
        TrainingPlan plan,
        JointStep losses,
        TrainingStep step,
        Seed seed) {
      this.parts = trained.stream().map(PartInTraining::new).toList();
      this.batches =
          new BatchStream(
              data.on(device), plan.batchSize(), plan.augmentation(), plan.dropLast(), seed);
      this.plan = plan;
      this.losses = losses;
      this.step = step;
      this.seed = seed;
      this.checkpoint =
          checkpoints
              .file(purpose)
              .map(file -> new TrainingCheckpoint(file, parts, step.state(), plan, data, seed));
    }

    TrainingHistory toEnd() {
      checkpoint.flatMap(TrainingCheckpoint::restore).ifPresent(this::resume);
      int first = reports.size();
      listeners.forEach(l -> l.onModel(parts.get(0).part().model()));
      listeners.forEach(l -> l.onStart(purpose, first, plan.epochs(), batches.steps()));
      for (int epoch = first; epoch < plan.epochs() && !stopped; epoch++) {
        epoch(epoch);
      }
      TrainingHistory history = new TrainingHistory(reports);
      listeners.forEach(l -> l.onEnd(history));
      return history;
    }

    private void resume(TrainingCheckpoint.Progress progress) {
      reports.addAll(progress.reports());
      stopped = progress.stopped();
    }

    private void epoch(int epoch) {
      long start = System.nanoTime();
      double rate = parts.get(0).schedule().rate();
      Map<String, Double> means;
      try (TensorScope scope = TensorScope.open()) {
        means = steps(epoch);
        step.epochFinished(epoch);
      }
      for (PartInTraining part : parts) {
        double loss = means.getOrDefault(lossName(part), 0.0);
        if (!Double.isFinite(loss)) {
          throw new EngineException(
              "training '%s' diverged in epoch %d: the mean %s is %s. Lower the learning rate (%s)"
                  + " or check the data.",
              purpose, epoch, lossName(part), loss, part.schedule().rate());
        }
        part.schedule().epochFinished(loss);
      }
      parts.forEach(part -> part.part().model().training(false)); // listeners may look at it
      EpochReport report = new EpochReport(epoch, rate, means, (System.nanoTime() - start) / 1e9);
      for (TrainingListener listener : listeners) {
        report = listener.onEpoch(report);
      }
      reports.add(report);
      stopped = listeners.stream().anyMatch(TrainingListener::wantsStop);
      save(epoch + 1 == plan.epochs() || stopped);
    }

    private String lossName(PartInTraining part) {
      return part == parts.get(0) ? "loss" : part.part().name() + "_loss";
    }

    private void save(boolean last) {
      boolean due = System.nanoTime() - lastSaved >= checkpoints.interval().toNanos();
      if (checkpoint.isPresent() && (due || last)) {
        checkpoint.get().save(new TrainingCheckpoint.Progress(reports, stopped));
        lastSaved = System.nanoTime();
      }
    }

    private void finished(StepPhase phase) {
      for (TrainingListener listener : listeners) {
        listener.onPhase(phase);
      }
    }

    private Map<String, Double> steps(int epoch) {
      Seed epochSeed = seed.child("epoch", epoch);
      Meters meters = new Meters();
      StepContext context =
          new StepContext(
              epoch, device, plan.precision(), Tensors.generator(epochSeed.child("step")), meters);
      for (PartInTraining part : parts) {
        part.part().model().training(true);
        String name = part.part().name();
        Seed noise = epochSeed.child("noise");
        part.part().model().noise(name.isEmpty() ? noise : noise.child(name));
      }
      for (int s = 0; s < batches.steps(); s++) {
        context.step(s);
        try (TensorScope scope = TensorScope.open()) {
          Batch batch = batches.batch(epoch, s);
          finished(StepPhase.DATA);
          List<Tensor> lossOf = losses.losses(batch, context);
          finished(StepPhase.FORWARD);
          step(lossOf, meters);
        }
        int done = s + 1;
        listeners.forEach(l -> l.onStep(epoch, done));
        finished(StepPhase.BOOKKEEPING);
      }
      return meters.means();
    }

    /** All gradients first, then all updates, so that no part sees another half moved. */
    private void step(List<Tensor> lossOf, Meters meters) {
      require(
          lossOf.size() == parts.size(),
          "training '%s' has %d parts, but the step gave %d losses",
          purpose,
          parts.size(),
          lossOf.size());
      List<Map<String, Tensor>> gradients = PartGradients.of(purpose, parts, lossOf);
      finished(StepPhase.BACKWARD);
      for (int i = 0; i < parts.size(); i++) {
        PartInTraining part = parts.get(i);
        part.optimizer().step(gradients.get(i), part.schedule().rate());
        part.schedule().stepFinished();
      }
      finished(StepPhase.OPTIMIZER);
      for (int i = 0; i < parts.size(); i++) {
        PartInTraining part = parts.get(i);
        meters.add(lossName(part), lossOf.get(i).detach().to(torch.ScalarType.Double), 1);
      }
    }
  }
}
