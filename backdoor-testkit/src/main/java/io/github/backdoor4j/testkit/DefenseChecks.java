package io.github.backdoor4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.github.backdoor4j.core.nn.Inference;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.record.Json;
import io.github.backdoor4j.core.spi.DefenseOutcome;
import io.github.backdoor4j.core.spi.DefenseOutcome.CleanedDataset;
import io.github.backdoor4j.core.spi.DefenseOutcome.ModelVerdict;
import io.github.backdoor4j.core.spi.DefenseOutcome.RepairedModel;
import io.github.backdoor4j.core.spi.DefenseOutcome.SampleScores;
import io.github.backdoor4j.core.spi.Evidence;
import io.github.backdoor4j.core.spi.Figure;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.stream.DoubleStream;
import org.bytedeco.pytorch.Tensor;

/** Checks on what a defense returns. */
public final class DefenseChecks {

  private DefenseChecks() {}

  /** Asserts that an outcome is complete, finite and fits the scene it was made from. */
  public static void assertWellFormed(DefenseOutcome outcome, TinyScene scene) {
    assertEvidence(outcome.evidence());
    outcome.model().ifPresent(model -> assertLoadable(model, scene));
    if (outcome instanceof SampleScores samples) {
      assertScores(samples, scene);
    } else if (outcome instanceof CleanedDataset cleaned) {
      assertThat(cleaned.samples().subject()).isEqualTo(SampleScores.Subject.TRAINING_SET);
      assertScores(cleaned.samples(), scene);
      assertEvidence(cleaned.samples().evidence());
    } else if (outcome instanceof ModelVerdict verdict) {
      assertThat(verdict.suspectLabels())
          .doesNotHaveDuplicates()
          .allMatch(label -> label >= 0 && label < scene.training().spec().classes());
    } else {
      assertThat(outcome).isInstanceOf(RepairedModel.class);
    }
  }

  private static void assertLoadable(Network model, TinyScene scene) {
    assertThat(model).as("the returned model").isNotSameAs(scene.model());
    Network fresh = scene.model().copy();
    fresh.copyState(model.state()); // refuses missing and unknown names
    Inference inference = Inference.on(ComputeDevice.CPU);
    Tensor images = scene.test().images();
    Tensor loaded = inference.logits(fresh, images, scene.test().spec().normalization());
    Tensor returned = inference.logits(model, images, scene.test().spec().normalization());
    assertThat(Tensors.allFinite(loaded)).as("whether all logits are finite").isTrue();
    assertThat(Tensors.sha256(loaded))
        .as("logits of the saved and loaded model, against those of the returned one")
        .isEqualTo(Tensors.sha256(returned));
  }

  private static void assertScores(SampleScores samples, TinyScene scene) {
    long expected =
        samples.subject() == SampleScores.Subject.TRAINING_SET
            ? scene.training().size()
            : scene.runtimeInputs().size(0);
    assertThat(samples.scores().length).as("number of scores").isEqualTo((int) expected);
    assertThat(samples.flagged().length).as("number of flags").isEqualTo((int) expected);
    assertThat(DoubleStream.of(samples.scores()).allMatch(Double::isFinite))
        .as("whether all scores are finite")
        .isTrue();
  }

  private static void assertEvidence(Evidence evidence) {
    assertThat(evidence.numbers())
        .allSatisfy(
            (name, value) -> {
              assertThat(name).as("name of a number").matches("[a-z][a-z0-9]*(_[a-z0-9]+)*");
              assertThat(value).as(name).isNotNull().isFinite();
            });
    assertThat(evidence.notes()).as("notes").noneMatch(String::isBlank);
    evidence.figures().forEach(DefenseChecks::assertFigure);
  }

  private static void assertFigure(Figure figure) {
    assertThat(figure.title()).as("title of a figure").isNotBlank();
    String json = Json.write(figure);
    try {
      assertThat(Json.write(Json.read(json, Figure.class)))
          .as("figure '%s' read back from JSON", figure.title())
          .isEqualTo(json);
    } catch (JsonProcessingException e) {
      throw new AssertionError("figure '" + figure.title() + "' cannot be read back: " + json, e);
    }
  }

  /** Text that differs whenever a weight, score, verdict or piece of evidence differs. */
  static String fingerprint(DefenseOutcome outcome) {
    StringBuilder text = new StringBuilder(outcome.getClass().getSimpleName()).append('\n');
    outcome.forEachTensor(tensor -> text.append(Tensors.sha256(tensor)).append('\n'));
    if (outcome instanceof SampleScores samples) {
      text.append(Json.write(samples.scores())).append(Json.write(samples.flagged()));
    } else if (outcome instanceof CleanedDataset cleaned) {
      text.append(fingerprint(cleaned.samples()));
    } else if (outcome instanceof ModelVerdict verdict) {
      text.append(verdict.backdoored()).append(verdict.score()).append(verdict.suspectLabels());
    }
    return text.append(Json.write(outcome.evidence())).toString();
  }
}
