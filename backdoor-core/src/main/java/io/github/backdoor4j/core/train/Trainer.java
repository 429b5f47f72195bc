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
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
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
    try (TensorScope scope = TensorScope.open()) {
      return new Run(model, data, plan, step, seed).toEnd();
    } finally {
      model.training(false);
    }
  }

  /** One training under way; its tensors belong to the scope opened by {@link #fit}. */
  private final class Run {

    private final Trainable model;
    private final ImageDataset data;
    private final TrainingPlan plan;
    private final BatchStep step;
    private final Seed seed;
    private final Optimizer optimizer;
    private final Schedule schedule;
    private final int steps;
    private final List<EpochReport> reports = new ArrayList<>();
    private final Optional<TrainingCheckpoint> checkpoint;
    private boolean stopped;
    private long lastSaved = System.nanoTime();

    Run(Trainable model, ImageDataset data, TrainingPlan plan, BatchStep step, Seed seed) {
      this.model = model;
      this.data = data.on(device);
      this.plan = plan;
      this.step = step;
      this.seed = seed;
      this.optimizer = Optimizer.create(plan.optimizer(), model.parameters());
      this.schedule = new Schedule(plan.schedule(), plan.optimizer().learningRate());
      int full = data.size() / plan.batchSize();
      boolean rest = data.size() % plan.batchSize() > 0;
      // a set smaller than one batch is still trained on
      this.steps = rest && (!plan.dropLast() || full == 0) ? full + 1 : full;
      this.checkpoint =
          checkpoints
              .file(purpose)
              .map(
                  file ->
                      new TrainingCheckpoint(file, model, optimizer, schedule, plan, data, seed));
    }

    TrainingHistory toEnd() {
      checkpoint.flatMap(TrainingCheckpoint::restore).ifPresent(this::resume);
      int first = reports.size();
      listeners.forEach(l -> l.onModel(model));
      listeners.forEach(l -> l.onStart(purpose, first, plan.epochs(), steps));
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
      double rate = schedule.rate();
      Map<String, Double> means;
      try (TensorScope scope = TensorScope.open()) {
        means = steps(epoch, rate);
      }
      double loss = means.getOrDefault("loss", 0.0);
      if (!Double.isFinite(loss)) {
        throw new EngineException(
            "training '%s' diverged in epoch %d: the mean loss is %s. Lower the learning rate (%s)"
                + " or check the data.",
            purpose, epoch, loss, rate);
      }
      schedule.epochFinished(loss);
      model.training(false); // listeners may look at the model
      EpochReport report = new EpochReport(epoch, rate, means, (System.nanoTime() - start) / 1e9);
      for (TrainingListener listener : listeners) {
        report = listener.onEpoch(report);
      }
      reports.add(report);
      stopped = listeners.stream().anyMatch(TrainingListener::wantsStop);
      save(epoch + 1 == plan.epochs() || stopped);
    }

    private void save(boolean last) {
      boolean due = System.nanoTime() - lastSaved >= checkpoints.interval().toNanos();
      if (checkpoint.isPresent() && (due || last)) {
        checkpoint.get().save(new TrainingCheckpoint.Progress(reports, stopped));
        lastSaved = System.nanoTime();
      }
    }

    private Map<String, Double> steps(int epoch, double rate) {
      Seed epochSeed = seed.child("epoch", epoch);
      long[] order = Tensors.permutation(data.size(), epochSeed.child("order"));
      GeneratorOptional augmentation = Tensors.generator(epochSeed.child("augmentation"));
      Meters meters = new Meters();
      StepContext context =
          new StepContext(
              epoch, device, plan.precision(), Tensors.generator(epochSeed.child("step")), meters);
      model.training(true);
      model.noise(epochSeed.child("noise"));
      for (int s = 0; s < steps; s++) {
        int from = s * plan.batchSize();
        long[] rows =
            Arrays.copyOfRange(order, from, Math.min(order.length, from + plan.batchSize()));
        try (TensorScope scope = TensorScope.open()) {
          Tensor loss = step.loss(batch(rows, augmentation), context);
          update(loss, rate);
          meters.add("loss", loss.detach().to(torch.ScalarType.Double), 1);
        }
        int done = s + 1;
        listeners.forEach(l -> l.onStep(epoch, done));
      }
      return meters.means();
    }

    private Batch batch(long[] rows, GeneratorOptional augmentation) {
      Tensor index = device.place(Tensors.ofLongs(rows));
      Tensor raw = data.images().index_select(0, index);
      Tensor images =
          data.spec().normalization().normalize(plan.augmentation().apply(raw, augmentation));
      return new Batch(images, data.labels().index_select(0, index), rows);
    }

    private void update(Tensor loss, double rate) {
      Map<String, Tensor> trained = new LinkedHashMap<>(model.parameters());
      trained.values().removeIf(parameter -> !parameter.requires_grad()); // frozen ones stay
      require(!trained.isEmpty(), "training '%s': no parameter requires gradients", purpose);
      TensorVector gradients =
          torch.grad(
              new TensorVector(loss),
              new TensorVector(trained.values().toArray(new Tensor[0])),
              new TensorVector(),
              new BoolOptional(false),
              false,
              true);
      Map<String, Tensor> byName = new LinkedHashMap<>();
      int i = 0;
      for (String name : trained.keySet()) {
        Tensor gradient = gradients.get(i++);
        if (gradient.defined()) { // a parameter the loss does not touch stays as it is
          byName.put(name, gradient);
        }
      }
      optimizer.step(byName, rate);
    }
  }
}
