package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.data.Augmentation;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.data.Normalization;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.Trainable;
import io.github.backdoor4j.core.spi.DefenseContext;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Precision;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.core.train.Batch;
import io.github.backdoor4j.core.train.EpochReport;
import io.github.backdoor4j.core.train.OptimizerSpec;
import io.github.backdoor4j.core.train.ScheduleSpec;
import io.github.backdoor4j.core.train.StepContext;
import io.github.backdoor4j.core.train.TrainingListener;
import io.github.backdoor4j.core.train.TrainingPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Searches for each class the smallest trigger that turns clean images into it (Neural Cleanse,
 * §IV-B). The network stands still in evaluation mode.
 *
 * <p>Several classes may share one forward pass: every class sees the same batches whatever the
 * grouping, and its mask and pattern get their own gradient and their own optimiser state, so
 * grouping changes speed and memory but, rounding apart, no result. Classes that are done leave the
 * pass.
 */
final class TriggerInversion {

  private static final double BETA1 = 0.5;
  private static final double BETA2 = 0.9;
  private static final double TANH_MARGIN = 1e-7;

  /**
   * Images in one pass from which more make no image cheaper: as many as in an ordinary batch, so
   * that memory is no concern. Measured with narrow networks; below it the calls cost more than the
   * arithmetic.
   */
  private static final int PASS = 256;

  private final DefenseContext context;
  private final Network network;
  private final ImageDataset images;
  private final NeuralCleanse.Options options;

  /**
   * @param network frozen by this constructor: evaluation mode, no gradients of weights
   */
  TriggerInversion(
      DefenseContext context, Network network, ImageDataset images, NeuralCleanse.Options options) {
    this.context = context;
    this.network = network;
    this.images = images;
    this.options = options;
    network.training(false);
    network.requireGradients(false);
  }

  /** One trigger per class, in label order. */
  List<ReversedTrigger> triggers() {
    List<ReversedTrigger> triggers = new ArrayList<>();
    int classes = images.spec().classes();
    int together = together(options, images.size(), classes);
    for (int first = 0; first < classes; first += together) {
      triggers.addAll(invert(first, Math.min(together, classes - first)));
    }
    return triggers;
  }

  /**
   * How many classes share a pass.
   *
   * @param available images of which batches are made
   */
  static int together(NeuralCleanse.Options options, int available, int classes) {
    int batch = Math.min(options.batchSize(), Math.max(1, available));
    int asked = options.classesTogether() == 0 ? PASS / batch : options.classesTogether();
    return Math.max(1, Math.min(asked, classes));
  }

  private List<ReversedTrigger> invert(int first, int count) {
    try (TensorScope scope = TensorScope.open()) {
      Group group = new Group(first, count);
      Seed seed = context.seed().child("inversion"); // the same for every group
      context
          .trainer("inversion-" + first)
          .withoutCheckpoints()
          .with(group)
          .fit(
              Trainable.of(Map.of("masks", group.rawMasks, "patterns", group.rawPatterns)),
              images,
              plan(),
              group::loss,
              seed);
      return group.results();
    }
  }

  private TrainingPlan plan() {
    return new TrainingPlan(
        options.epochs(),
        options.batchSize(),
        OptimizerSpec.Adam.of(options.learningRate(), BETA1, BETA2),
        new ScheduleSpec.Constant(),
        options.augment() ? images.spec().augmentation() : Augmentation.NONE,
        Precision.FP32, // bfloat16 gradients of inputs lose their signs
        false);
  }

  /** Maps any number into (0, 1). */
  static Tensor squash(Tensor raw) {
    return raw.tanh().div(new Scalar(2 + TANH_MARGIN)).add(new Scalar(0.5));
  }

  /**
   * Blends patterns into images.
   *
   * @param x normalised images N×C×H×W
   * @param masks A×1×H×W
   * @param patterns A×C×H×W in (0, 1), not normalised
   * @return (A·N)×C×H×W, all images with the first pattern first
   */
  static Tensor blend(Tensor x, Tensor masks, Tensor patterns, Normalization normalization) {
    Tensor kept = masks.neg().add(new Scalar(1.0)).unsqueeze(1);
    Tensor added = normalization.fromUnit(patterns).mul(masks).unsqueeze(1);
    return x.unsqueeze(0).mul(kept).add(added).flatten(0, 1);
  }

  /** Classes under inversion in the same passes; one row of every tensor each. */
  private final class Group implements TrainingListener {

    private final List<Candidate> candidates = new ArrayList<>();
    private final Tensor rawMasks;
    private final Tensor rawPatterns;
    private final Tensor successes; // sums over the steps of an epoch
    private final Tensor norms;
    private int steps;

    Group(int first, int count) {
      for (int label = first; label < first + count; label++) {
        candidates.add(new Candidate(label));
      }
      ImageShape shape = images.spec().shape();
      ComputeDevice device = context.device();
      rawMasks = device.place(torch.ones(count, 1, shape.height(), shape.width()));
      rawPatterns =
          device.place(torch.ones(count, shape.channels(), shape.height(), shape.width()));
      successes = device.place(torch.zeros(count));
      norms = device.place(torch.zeros(count));
    }

    /** The rows of the classes that are not done. */
    private long[] active() {
      return IntStream.range(0, candidates.size())
          .filter(row -> !candidates.get(row).control.finished())
          .asLongStream()
          .toArray();
    }

    /** Sum over classes of mean cross entropy plus cost times mask norm. */
    Tensor loss(Batch batch, StepContext step) {
      long[] active = active();
      Tensor rows = step.device().place(Tensors.ofLongs(active));
      boolean all = active.length == candidates.size();
      Tensor masks = squash(all ? rawMasks : rawMasks.index_select(0, rows));
      Tensor patterns = squash(all ? rawPatterns : rawPatterns.index_select(0, rows));
      Tensor stamped = blend(batch.images(), masks, patterns, images.spec().normalization());
      Tensor logits = step.forward(network, stamped);
      Tensor wanted =
          rows.add(new Scalar((long) candidates.get(0).label)).repeat_interleave(batch.size());
      Tensor entropies = StepContext.crossEntropyPerSample(logits, wanted);
      Tensor norm = masks.sum(1L, 2L, 3L);
      note(rows, logits.detach().argmax(new LongOptional(1), false).eq(wanted), norm);
      return entropies
          .view(active.length, batch.size())
          .mean(1L)
          .add(norm.mul(costs(active)))
          .sum();
    }

    private void note(Tensor rows, Tensor hits, Tensor norm) {
      Tensor share = hits.to(ScalarType.Float).view(rows.size(0), -1).mean(1L);
      successes.index_add_(0, rows, share);
      norms.index_add_(0, rows, norm.detach());
      steps++;
    }

    private Tensor costs(long[] active) {
      float[] costs = new float[active.length];
      for (int i = 0; i < costs.length; i++) {
        costs[i] = (float) candidates.get((int) active[i]).control.cost();
      }
      return context.device().place(Tensors.ofFloats(costs));
    }

    @Override
    public EpochReport onEpoch(EpochReport report) {
      try (TensorScope scope = TensorScope.open()) {
        double[] success = Tensors.toDoubles(successes);
        double[] norm = Tensors.toDoubles(norms);
        for (int row = 0; row < candidates.size(); row++) {
          candidates.get(row).epoch(success[row] / steps, norm[row] / steps, row, this);
        }
        successes.zero_();
        norms.zero_();
        steps = 0;
      }
      return report;
    }

    @Override
    public boolean wantsStop() {
      return active().length == 0;
    }

    List<ReversedTrigger> results() {
      return candidates.stream().map(Candidate::result).toList();
    }
  }

  /** One class under inversion. */
  private final class Candidate {

    private final int label;
    private final CostControl control = new CostControl(options.rules());
    private float[] mask = new float[0];
    private float[] pattern = new float[0];
    private int epochs;

    Candidate(int label) {
      this.label = label;
    }

    void epoch(double success, double norm, int row, Group group) {
      if (control.finished()) {
        return;
      }
      epochs++;
      if (control.epoch(success, norm)) {
        mask = Tensors.toFloats(squash(group.rawMasks.detach().narrow(0, row, 1)));
        pattern = Tensors.toFloats(squash(group.rawPatterns.detach().narrow(0, row, 1)));
      }
    }

    ReversedTrigger result() {
      return new ReversedTrigger(
          label, images.spec().shape(), mask, pattern, Double.isFinite(control.best()), epochs);
    }
  }
}
