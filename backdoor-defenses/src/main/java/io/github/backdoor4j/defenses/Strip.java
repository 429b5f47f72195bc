package io.github.backdoor4j.defenses;

import static io.github.backdoor4j.core.Checks.require;
import static io.github.backdoor4j.core.Checks.requireAtLeast;
import static io.github.backdoor4j.core.Checks.requirePositive;

import io.github.backdoor4j.core.EngineException;
import io.github.backdoor4j.core.NotApplicableException;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.nn.Passes;
import io.github.backdoor4j.core.record.Doc;
import io.github.backdoor4j.core.spi.DefenderAccess;
import io.github.backdoor4j.core.spi.DefenseContext;
import io.github.backdoor4j.core.spi.DefenseOutcome.SampleScores;
import io.github.backdoor4j.core.spi.DefenseStrategy;
import io.github.backdoor4j.core.spi.Evidence;
import io.github.backdoor4j.core.spi.Fidelity;
import io.github.backdoor4j.core.spi.Figure;
import io.github.backdoor4j.core.spi.MethodCard;
import io.github.backdoor4j.core.spi.Workload;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;

/**
 * Adds clean images to each input and looks at how sure the model stays: a triggered input keeps
 * its label whatever is added, so the entropy of its predictions is low. Assumes a few clean images
 * and a trigger that survives the addition; sees inputs one by one, at run time.
 *
 * @see <a href="https://arxiv.org/abs/1902.06531">Gao et al., STRIP: A Defence Against Trojan
 *     Attacks on Deep Neural Networks, 2019</a>
 */
public final class Strip implements DefenseStrategy<Strip.Options> {

  /**
   * Options of the detector.
   *
   * @param samples clean images added to each input, one at a time (N)
   * @param alpha weight of the added image
   * @param falseRejectionRate share of clean inputs to reject; 0 for what the fidelity prescribes
   * @param calibrationImages clean images whose entropies set the threshold
   * @param fidelity whom to follow where paper and benchmark code differ
   */
  public record Options(
      @Doc(
              value = "clean images added to each input, one at a time: N of §4; fewer are faster",
              range = "at least 1")
          int samples,
      @Doc(value = "weight of the added image", range = "greater than 0") double alpha,
      @Doc(
              value =
                  "share of clean inputs that may be rejected; 0 for what the fidelity prescribes:"
                      + " 0.01 (paper), 0.1 (backdoorbench)",
              range = "[0, 1)")
          double falseRejectionRate,
      @Doc(value = "clean images, at most, whose entropies set the threshold", range = "at least 1")
          int calibrationImages,
      @Doc(
              value =
                  "paper: images added in pixel space, bits, normal fit of the clean entropies;"
                      + " backdoorbench: added in normalised space, nats, order statistic",
              range = "paper | backdoorbench")
          Fidelity fidelity) {

    public Options {
      requireAtLeast("samples", samples, 1);
      requirePositive("alpha", alpha);
      require(
          falseRejectionRate >= 0 && falseRejectionRate < 1,
          "false_rejection_rate must lie in [0, 1), but was %s",
          falseRejectionRate);
      requireAtLeast("calibration_images", calibrationImages, 1);
    }

    double rejectionRate() {
      if (falseRejectionRate > 0) {
        return falseRejectionRate;
      }
      return fidelity == Fidelity.PAPER ? PAPER_RATE : BENCHMARK_RATE;
    }
  }

  // §5 of the paper and the authors' code: N = 100, threshold from 2,000 clean images
  private static final int PAPER_SAMPLES = 100;
  private static final int PAPER_CALIBRATION = 2000;
  private static final double PAPER_RATE = 0.01;
  private static final double BENCHMARK_RATE = 0.1;

  @Override
  public String id() {
    return "strip";
  }

  @Override
  public Options defaults(DatasetSpec data) {
    return new Options(PAPER_SAMPLES, 1, 0, PAPER_CALIBRATION, Fidelity.PAPER);
  }

  @Override
  public MethodCard card() {
    return new MethodCard(
        "STRIP (strong intentional perturbation)",
        "Rejects inputs whose prediction hardly changes when clean images are added to them.",
        "Gao, Xu, Wang, Chen, Ranasinghe, Nepal: STRIP: A Defence Against Trojan Attacks on Deep"
            + " Neural Networks, ACSAC 2019",
        "https://arxiv.org/abs/1902.06531",
        "defender has the model, sees inputs at run time and has a small clean set",
        "run time",
        "N forward passes per input and per clean image of the calibration (N = 100)",
        List.of(
            "paper: a clean image of the calibration is never added to itself; the authors draw the"
                + " added images from a separate set",
            "at most 2,000 clean images set the threshold, as in the authors' code"));
  }

  @Override
  public Set<DefenderAccess> needs() {
    return Set.of(
        DefenderAccess.SUSPECT_MODEL, DefenderAccess.CLEAN_HOLDOUT, DefenderAccess.RUNTIME_INPUTS);
  }

  @Override
  public Optional<Passes> expectedPasses(Options options, Workload load) {
    int perInput =
        options.fidelity() == Fidelity.PAPER
            ? options.samples()
            : Math.min(options.samples(), load.holdoutImages());
    double images =
        (double) load.runtimeInputs() + Math.min(options.calibrationImages(), load.holdoutImages());
    return Optional.of(Passes.forward(perInput * images));
  }

  @Override
  public SampleScores defend(DefenseContext context, Options options) {
    Tensor inputs = context.runtimeInputs();
    ImageDataset holdout = context.cleanHoldout();
    if (holdout.size() == 0) {
      throw new NotApplicableException("strip needs clean images to add, but the holdout is empty");
    }
    Blending blending = Blending.of(context, holdout.images(), options);
    double[] clean = calibrate(blending, holdout, options, context.seed());
    double[] entropies =
        TensorScope.compute(
            () ->
                blending.entropies(
                    inputs, blending.draw(inputs.size(0), context.seed().child("runtime-inputs"))));
    checkFinite(clean);
    checkFinite(entropies);
    double threshold = EntropyThreshold.of(clean, options.rejectionRate(), options.fidelity());
    return outcome(entropies, clean, threshold, options);
  }

  private static double[] calibrate(
      Blending blending, ImageDataset holdout, Options options, Seed seed) {
    long[] rows =
        Arrays.stream(Tensors.permutation(holdout.size(), seed.child("calibration-images")))
            .limit(options.calibrationImages())
            .sorted()
            .toArray();
    return TensorScope.compute(
        () ->
            blending.entropies(
                Tensors.rows(holdout.images(), rows),
                blending.drawFor(rows, seed.child("calibration"))));
  }

  private static void checkFinite(double[] entropies) {
    for (double entropy : entropies) {
      if (!Double.isFinite(entropy)) {
        throw new EngineException(
            "the model's logits on blended images are not finite; its weights may have diverged");
      }
    }
  }

  private static SampleScores outcome(
      double[] entropies, double[] clean, double threshold, Options options) {
    double[] scores = Arrays.stream(entropies).map(entropy -> -entropy).toArray();
    boolean[] flagged = new boolean[entropies.length];
    for (int i = 0; i < flagged.length; i++) {
      flagged[i] = entropies[i] < threshold;
    }
    return new SampleScores(
        SampleScores.Subject.RUNTIME_INPUTS,
        scores,
        flagged,
        evidence(entropies, clean, threshold, options));
  }

  private static Evidence evidence(
      double[] entropies, double[] clean, double threshold, Options options) {
    String unit = options.fidelity() == Fidelity.PAPER ? "bits" : "nats";
    Map<String, Double> numbers = new LinkedHashMap<>();
    numbers.put("entropy_threshold", threshold);
    numbers.put("clean_entropy_mean", Arrays.stream(clean).average().orElse(0));
    numbers.put("runtime_entropy_mean", Arrays.stream(entropies).average().orElse(0));
    numbers.put("clean_rejected", share(clean, threshold));
    numbers.put("runtime_rejected", share(entropies, threshold));
    numbers.put("calibration_images", (double) clean.length);
    Map<String, List<Double>> groups = new LinkedHashMap<>();
    groups.put("inputs at run time", Arrays.stream(entropies).boxed().toList());
    groups.put("clean holdout", Arrays.stream(clean).boxed().toList());
    Figure histogram =
        new Figure.Histogram(
            "Entropy of predictions with clean images added",
            "mean entropy, " + unit + " (below the threshold: rejected)",
            groups,
            threshold);
    return new Evidence(numbers, List.of(histogram), notes(clean, threshold, options));
  }

  private static double share(double[] entropies, double threshold) {
    return Arrays.stream(entropies).filter(e -> e < threshold).count()
        / (double) Math.max(1, entropies.length);
  }

  private static List<String> notes(double[] clean, double threshold, Options options) {
    List<String> notes = new ArrayList<>();
    if (threshold <= 0) {
      notes.add(
          "The normal fit of the clean entropies puts the threshold at or below zero, where no"
              + " entropy lies: nothing can be rejected. Raise false_rejection_rate.");
    }
    if (options.fidelity() == Fidelity.BACKDOORBENCH
        && Math.floor(options.rejectionRate() * clean.length) < 1) {
      notes.add(
          "With so few clean images the threshold is the smallest clean entropy. Raise"
              + " calibration_images or the size of the clean holdout.");
    }
    return notes;
  }
}
