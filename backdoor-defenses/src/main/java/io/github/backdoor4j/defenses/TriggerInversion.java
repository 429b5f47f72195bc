package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.data.Augmentation;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.data.Normalization;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.Trainable;
import io.github.backdoor4j.core.spi.DefenseContext;
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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Searches for each class the smallest trigger that turns clean images into it (Neural Cleanse,
 * §IV-B). The network stands still in evaluation mode.
 *
 * <p>Several classes may share one forward pass: every class sees the same batches whatever the
 * grouping, and its mask and pattern get their own gradient and their own optimiser state, so
 * grouping changes speed and memory but, rounding apart, no result.
 */
final class TriggerInversion {

  private static final double BETA1 = 0.5;
  private static final double BETA2 = 0.9;
  private static final double TANH_MARGIN = 1e-7;

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
    for (int first = 0; first < classes; first += options.classesTogether()) {
      int count = Math.min(options.classesTogether(), classes - first);
      triggers.addAll(invert(first, count));
    }
    return triggers;
  }

  private List<ReversedTrigger> invert(int first, int count) {
    try (TensorScope scope = TensorScope.open()) {
      List<Candidate> candidates = new ArrayList<>();
      for (int label = first; label < first + count; label++) {
        candidates.add(new Candidate(label));
      }
      Map<String, Tensor> parameters = new LinkedHashMap<>();
      candidates.forEach(candidate -> candidate.declare(parameters));
      Seed seed = context.seed().child("inversion"); // the same for every group
      context
          .trainer("inversion-" + first)
          .withoutCheckpoints()
          .with(new Control(candidates))
          .fit(
              Trainable.of(parameters),
              images,
              plan(),
              (batch, step) -> loss(candidates, batch, step),
              seed);
      return candidates.stream().map(Candidate::result).toList();
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

  private Tensor loss(List<Candidate> candidates, Batch batch, StepContext step) {
    List<Candidate> active = candidates.stream().filter(c -> !c.control.finished()).toList();
    TensorVector stamped = new TensorVector();
    for (Candidate candidate : active) {
      stamped.push_back(candidate.stamped(batch.images()));
    }
    Tensor logits = step.forward(network, torch.cat(stamped, 0));
    TensorVector losses = new TensorVector();
    for (int i = 0; i < active.size(); i++) {
      Tensor own = logits.narrow(0, (long) i * batch.size(), batch.size());
      losses.push_back(active.get(i).loss(own, step));
    }
    return torch.stack(losses).sum();
  }

  /** Maps any number into (0, 1). */
  static Tensor squash(Tensor raw) {
    return raw.tanh().div(new Scalar(2 + TANH_MARGIN)).add(new Scalar(0.5));
  }

  /**
   * Blends a pattern into images.
   *
   * @param x normalised images N×C×H×W
   * @param mask 1×1×H×W
   * @param pattern 1×C×H×W in (0, 1), not normalised
   */
  static Tensor blend(Tensor x, Tensor mask, Tensor pattern, Normalization normalization) {
    Tensor kept = mask.neg().add(new Scalar(1.0));
    return x.mul(kept).add(normalization.fromUnit(pattern).mul(mask));
  }

  /** One class under inversion. */
  private final class Candidate {

    private final int label;
    private final CostControl control = new CostControl(options.rules());
    private final Tensor rawMask;
    private final Tensor rawPattern;
    private Tensor mask; // of the current step, 1×1×H×W
    private float[] storedMask = new float[0];
    private float[] storedPattern = new float[0];
    private int epochs;

    Candidate(int label) {
      this.label = label;
      ImageShape shape = images.spec().shape();
      this.rawMask = context.device().place(torch.ones(1, 1, shape.height(), shape.width()));
      this.rawPattern =
          context.device().place(torch.ones(1, shape.channels(), shape.height(), shape.width()));
      this.mask = rawMask;
    }

    void declare(Map<String, Tensor> parameters) {
      parameters.put("mask_" + label, rawMask);
      parameters.put("pattern_" + label, rawPattern);
    }

    Tensor stamped(Tensor x) {
      mask = squash(rawMask);
      return blend(x, mask, squash(rawPattern), images.spec().normalization());
    }

    Tensor loss(Tensor logits, StepContext step) {
      Tensor wanted =
          torch.full(
              new long[] {logits.size(0)},
              new Scalar((long) label),
              new TensorOptions(ScalarType.Long).device(new DeviceOptional(step.device().torch())));
      Tensor hits = logits.detach().argmax(new LongOptional(1), false).eq(wanted);
      Tensor norm = mask.sum();
      step.observe("success_" + label, hits.to(ScalarType.Float).mean(), 1);
      step.observe("norm_" + label, norm, 1);
      return torch.cross_entropy_loss(logits, wanted).add(norm, new Scalar(control.cost()));
    }

    void epoch(EpochReport report) {
      if (control.finished()) {
        return;
      }
      epochs++;
      if (control.epoch(report.mean("success_" + label), report.mean("norm_" + label))) {
        storedMask = Tensors.toFloats(squash(rawMask));
        storedPattern = Tensors.toFloats(squash(rawPattern));
      }
    }

    ReversedTrigger result() {
      return new ReversedTrigger(
          label,
          images.spec().shape(),
          storedMask,
          storedPattern,
          Double.isFinite(control.best()),
          epochs);
    }
  }

  /** Passes each epoch on to the classes and stops when all have finished. */
  private static final class Control implements TrainingListener {

    private final List<Candidate> candidates;

    Control(List<Candidate> candidates) {
      this.candidates = candidates;
    }

    @Override
    public EpochReport onEpoch(EpochReport report) {
      candidates.forEach(candidate -> candidate.epoch(report));
      return report;
    }

    @Override
    public boolean wantsStop() {
      return candidates.stream().allMatch(candidate -> candidate.control.finished());
    }
  }
}
