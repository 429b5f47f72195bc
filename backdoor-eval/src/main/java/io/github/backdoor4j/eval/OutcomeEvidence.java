package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.nn.Passes;
import io.github.backdoor4j.core.spi.DefenseOutcome;
import io.github.backdoor4j.core.spi.EvaluationContext;
import io.github.backdoor4j.core.spi.EvaluationContext.ModelPredictions;
import io.github.backdoor4j.core.spi.Evidence;
import io.github.backdoor4j.core.spi.Figure;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A defense's evidence and what evaluation adds to it: the work it did, the test results of the
 * models among which it chose, and which classes are confused before and after.
 *
 * @param run the run
 * @param attacked the model that came in
 * @param outcome what the defense returned
 * @param evaluation predictions before and after
 * @param effort of the defense, if all of it was seen
 */
record OutcomeEvidence(
    CellRunner run,
    AttackedModel attacked,
    DefenseOutcome outcome,
    EvaluationContext evaluation,
    Optional<Effort> effort) {

  /**
   * What a defense took.
   *
   * @param passes its work
   * @param seconds by the clock, without tests
   */
  record Effort(Passes passes, double seconds) {}

  /** Work in forward passes over the training set; a backward pass counts as two. */
  static final String FORWARD_PASSES = "forward_passes";

  /** Wall time of the defense alone. */
  static final String DEFENSE_SECONDS = "defense_seconds";

  private static final int MOST_CLASSES = 43; // GTSRB's: larger tables nobody reads

  Evidence complete() {
    Evidence own = outcome.evidence();
    Map<String, Double> numbers = new LinkedHashMap<>(own.numbers());
    effort.ifPresent(
        made -> {
          double images = run.data.training().size();
          numbers.put(FORWARD_PASSES, made.passes().inForwardPasses() / images);
          numbers.put(DEFENSE_SECONDS, made.seconds());
        });
    List<Figure> figures = new ArrayList<>(own.figures());
    outcome.variants().ifPresent(v -> figures.add(new VariantCurve(run, attacked, v).figure()));
    if (outcome.model().isPresent()) {
      evaluation.after().ifPresent(after -> confusions(evaluation.before(), after, figures));
    }
    return new Evidence(numbers, figures, own.notes());
  }

  private void confusions(ModelPredictions before, ModelPredictions after, List<Figure> figures) {
    List<String> names = run.resolved.source.spec().classNames();
    if (names.size() > MOST_CLASSES) {
      return;
    }
    figures.add(Confusion.clean("Clean images before", names, before));
    figures.add(Confusion.clean("Clean images after", names, after));
    if (after.triggered().length > 0) {
      figures.add(Confusion.triggered("Triggered images before", names, before));
      figures.add(Confusion.triggered("Triggered images after", names, after));
    }
  }
}
