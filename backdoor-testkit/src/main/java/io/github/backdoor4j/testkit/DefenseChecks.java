package io.github.backdoor4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.github.backdoor4j.core.nn.Inference;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkWithMixer;
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
      verdict.sampleScores().ifPresent(samples -> assertScores(samples, scene));
    } else {
      assertThat(outcome).isInstanceOf(RepairedModel.class);
    }
  }

  /**
   * Asserts that a reader can see what happened: an outcome without a model, or with one that is
   * the suspect unchanged, and one whose scores are all equal, must carry a note that says why.
   *
   * @param suspect the model that the defense was given
   */
  public static void assertNotSilent(DefenseOutcome outcome, Network suspect) {
    String nothing = nothingToShow(outcome, suspect);
    if (!nothing.isEmpty()) {
      assertThat(outcome.evidence().notes())
          .as("notes of an outcome with %s: one must say why", nothing)
          .isNotEmpty();
    }
  }

  /** What is missing in an outcome; empty if it says something by itself. */
  private static String nothingToShow(DefenseOutcome outcome, Network suspect) {
    if (outcome instanceof SampleScores samples) {
      return alike(samples) ? "equal scores for all samples" : "";
    }
    if (outcome.model().isPresent()) {
      return stateHash(outcome.model().get()).equals(stateHash(suspect))
          ? "a model equal to the suspect"
          : "";
    }
    return "no model";
  }

  private static boolean alike(SampleScores samples) {
    return DoubleStream.of(samples.scores()).distinct().count() < 2;
  }

  private static String stateHash(Network network) {
    StringBuilder text = new StringBuilder();
    network.state().forEach((name, tensor) -> text.append(name).append(Tensors.sha256(tensor)));
    return text.toString();
  }

  private static void assertLoadable(Network model, TinyScene scene) {
    assertThat(model).as("the returned model").isNotSameAs(scene.model());
    // what a file would give: the suspect's architecture, and the layers that metadata names
    Network fresh = NetworkWithMixer.with(scene.model().copy(), NetworkWithMixer.places(model));
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
      verdict.sampleScores().ifPresent(samples -> text.append(fingerprint(samples)));
    }
    return text.append(Json.write(outcome.evidence())).toString();
  }
}
