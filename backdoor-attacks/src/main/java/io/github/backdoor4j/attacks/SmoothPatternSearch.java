package io.github.backdoor4j.attacks;

import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.data.Normalization;
import io.github.backdoor4j.core.nn.Inference;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Searches one smooth pattern that, added to images, drives a clean model towards a class (LF,
 * section 4): over and over, the step that takes one more image there is smoothed and added, and
 * the sum smoothed and stretched to its range.
 *
 * <p>The model sees what will be stored: pixels clipped to their range and normalised. Only the
 * steps inside DeepFool leave the range.
 */
final class SmoothPatternSearch {

  /**
   * How to search.
   *
   * @param target class to drive images to
   * @param passes over the images, at most
   * @param enough share of held-out images whose prediction the pattern changes, at which the
   *     search ends
   * @param range of the pattern, from 0 to this many grey levels
   * @param keepBest whether the pattern of the best pass is returned; else that of the last
   */
  record Settings(int target, int passes, double enough, double range, boolean keepBest) {}

  private static final double OVERSHOOT = 0.02;
  private static final int ITERATIONS = 200;
  private static final int STANDSTILL = 5; // passes
  private static final double STANDSTILL_SPREAD = 0.01;
  private static final double LEVELS = 255;

  private final Network model;
  private final Normalization normalization;
  private final Settings settings;
  private final Inference inference;
  private final DeepFool deepFool;
  private final GaussianSmoothing smoothing = GaussianSmoothing.universal();

  /**
   * @param model a clean model in evaluation mode
   */
  SmoothPatternSearch(Network model, Normalization normalization, Settings settings) {
    this.model = model;
    this.normalization = normalization;
    this.settings = settings;
    this.inference = Inference.on(model.device());
    this.deepFool = new DeepFool(this::scores, settings.target(), OVERSHOOT, ITERATIONS);
  }

  private Tensor scores(Tensor unit) {
    return model.logits(normalization.fromUnit(unit));
  }

  /**
   * Searches.
   *
   * @param images to learn from
   * @param heldOut to measure on
   * @return 1×C×H×W floats from 0 to the range, in grey levels, on the CPU; all zero if no image
   *     could be driven to the target
   */
  Tensor learn(ImageDataset images, ImageDataset heldOut, Seed seed) {
    return TensorScope.scoped(
        () -> {
          ImageDataset here = images.on(model.device());
          long[] labels = inference.predict(model, here);
          Tensor pattern = model.device().place(nothing(here));
          Tensor best = pattern.clone();
          List<Double> rates = new ArrayList<>();
          do {
            Seed order = seed.child("pass", rates.size());
            for (long row : Tensors.permutation(labels.length, order)) {
              improve(pattern, here.images().narrow(0, row, 1), labels[(int) row]);
            }
            double rate = changedShare(pattern, heldOut);
            if (!settings.keepBest() || rates.stream().allMatch(before -> before < rate)) {
              best.copy_(pattern);
            }
            rates.add(rate);
          } while (!finished(rates));
          return ComputeDevice.CPU.place(best).to(ScalarType.Float);
        });
  }

  private static Tensor nothing(ImageDataset data) {
    var shape = data.spec().shape();
    long[] extent = {1, shape.channels(), shape.height(), shape.width()};
    return torch.zeros(extent, new TensorOptions(ScalarType.Double));
  }

  private boolean finished(List<Double> rates) {
    if (rates.size() >= settings.passes() || rates.get(rates.size() - 1) >= settings.enough()) {
      return true;
    }
    List<Double> last = rates.subList(Math.max(0, rates.size() - STANDSTILL), rates.size());
    return last.size() == STANDSTILL
        && Collections.max(last) - Collections.min(last) < STANDSTILL_SPREAD;
  }

  /** Changes the pattern in place, unless it changes the prediction of the image already. */
  private void improve(Tensor pattern, Tensor image, long label) {
    if (label == settings.target()) {
      return;
    }
    try (TensorScope scope = TensorScope.open()) {
      Tensor levels = clipped(image.to(ScalarType.Double).add(pattern));
      deepFool
          .step(levels.div(new Scalar(LEVELS)).to(ScalarType.Float), (int) label)
          .map(step -> step.to(ScalarType.Double).mul(new Scalar(LEVELS)))
          .map(step -> stretched(smoothing.apply(pattern.add(smoothing.apply(step)))))
          .ifPresent(pattern::copy_);
    }
  }

  private static Tensor clipped(Tensor levels) {
    return levels.clamp_min(new Scalar(0.0)).clamp_max(new Scalar(LEVELS));
  }

  private Tensor stretched(Tensor pattern) {
    return stretched(pattern, settings.range());
  }

  /** Moved and scaled so that the smallest value is 0 and the largest is the range. */
  static Tensor stretched(Tensor pattern, double range) {
    Tensor low = pattern.min();
    double spread = pattern.max().sub(low).item_double();
    return spread == 0
        ? torch.zeros_like(pattern)
        : pattern.sub(low).div(new Scalar(spread)).mul(new Scalar(range));
  }

  private double changedShare(Tensor pattern, ImageDataset heldOut) {
    return TensorScope.compute(
        () -> {
          Tensor images = model.device().place(heldOut.images());
          long[] plain = inference.predict(model, images, normalization);
          Tensor stamped =
              new SmoothTrigger(pattern.to(ScalarType.Float)).stamp(images, new long[plain.length]);
          long[] shown = inference.predict(model, stamped, normalization);
          long changed = IntStream.range(0, plain.length).filter(i -> plain[i] != shown[i]).count();
          return (double) changed / plain.length;
        });
  }
}
