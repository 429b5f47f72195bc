package com.acme.backdoor;

import static io.github.backdoor4j.core.Checks.requireRange;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.Normalization;
import io.github.backdoor4j.core.nn.Inference;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.record.Doc;
import io.github.backdoor4j.core.spi.DefenderAccess;
import io.github.backdoor4j.core.spi.DefenseContext;
import io.github.backdoor4j.core.spi.DefenseOutcome.SampleScores;
import io.github.backdoor4j.core.spi.DefenseStrategy;
import io.github.backdoor4j.core.spi.Evidence;
import io.github.backdoor4j.core.spi.MethodCard;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Rejects inputs that the model sees differently once they are a little blurred. */
public final class BlurCheck implements DefenseStrategy<BlurCheck.Options> {

  public record Options(
      @Doc(value = "change of the class probabilities that is too much", range = "[0, 1]")
          double threshold) {
    public Options {
      requireRange("threshold", threshold, 0, 1);
    }
  }

  @Override
  public String id() {
    return "acme.blur-check";
  }

  @Override
  public Options defaults(DatasetSpec data) {
    return new Options(0.5);
  }

  @Override
  public MethodCard card() {
    String what = "Rejects inputs that the model sees differently once they are a little blurred.";
    String link = "https://acme.example/blur-check";
    return new MethodCard(
        "Blur check", what, "Acme, 2026", link, "model and inputs", "run time", "2", List.of());
  }

  @Override
  public Set<DefenderAccess> needs() {
    return Set.of(DefenderAccess.SUSPECT_MODEL, DefenderAccess.RUNTIME_INPUTS);
  }

  @Override
  public SampleScores defend(DefenseContext context, Options options) {
    Network model = context.suspect();
    Tensor inputs = context.runtimeInputs();
    Normalization normalization = context.spec().normalization();
    Inference inference = context.inference();
    Tensor sharp = inference.logits(model, inputs, normalization).softmax(1);
    Tensor blurred =
        inference.map(inputs, normalization, x -> model.forward(blur(x)), model).softmax(1);
    Tensor change = sharp.sub(blurred).abs().sum(1).mul(new Scalar(0.5)); // total variation
    double[] scores = Tensors.toDoubles(change);
    boolean[] flagged = new boolean[scores.length];
    for (int i = 0; i < scores.length; i++) {
      flagged[i] = scores[i] > options.threshold();
    }
    return new SampleScores(SampleScores.Subject.RUNTIME_INPUTS, scores, flagged, evidence(scores));
  }

  /** Says why, where the scores tell no input from another. */
  private static Evidence evidence(double[] scores) {
    if (Arrays.stream(scores).distinct().count() > 1) {
      return Evidence.NONE;
    }
    String note = "Blurring changes the model's answer to every input alike: nothing stands out.";
    return new Evidence(Map.of(), List.of(), List.of(note));
  }

  /** The mean of every 3×3 window; at the rim, of the part within the image. */
  private static Tensor blur(Tensor images) {
    long[] window = {3, 3};
    long[] one = {1, 1};
    return torch.avg_pool2d(images, window, one, one, false, false, new LongOptional());
  }
}
