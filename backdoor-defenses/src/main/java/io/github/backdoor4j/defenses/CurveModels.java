package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.spi.DefenseContext;
import io.github.backdoor4j.core.spi.Fidelity;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Plain models at points of a trained curve, with running statistics of their own.
 *
 * @param curve trained
 * @param template gives layers, and the running statistics from which the benchmark's move on
 * @param statistics how they are found for mixed weights
 * @param fidelity whether they are estimated anew or move on
 */
record CurveModels(
    WeightCurve curve, Network template, RunningStatistics statistics, Fidelity fidelity) {

  /**
   * Points at which models are looked at: equally spaced from 0 to 1, and one more if it is not
   * among them; ascending.
   */
  static List<Double> grid(int points, double besides) {
    TreeSet<Double> grid = new TreeSet<>();
    grid.add(besides);
    for (int i = 0; i < points; i++) {
      grid.add((double) i / (points - 1));
    }
    return List.copyOf(grid);
  }

  /** How many points of a grid come before the end, which is plain fine-tuning. */
  static int beforeTheEnd(List<Double> grid) {
    return (int) grid.stream().filter(t -> t < 1).count();
  }

  /** The model at t, in evaluation mode; in the caller's scope. */
  Network at(double t) {
    try (TensorScope scope = TensorScope.open()) {
      Network model = template.copy();
      Map<String, Tensor> state = new java.util.LinkedHashMap<>(template.buffers());
      state.putAll(WeightSpace.detached(curve.at(t)));
      model.copyState(state);
      if (fidelity == Fidelity.PAPER) {
        statistics.estimateAnew(model);
      } else {
        statistics.moveOn(model);
      }
      model.training(false);
      return scope.keep(model);
    }
  }

  /**
   * How a model does on labelled images.
   *
   * @param loss mean cross entropy
   * @param accuracy share classified as labelled
   */
  record Score(double loss, double accuracy) {}

  /** How the models at some points do. */
  List<Score> scores(DefenseContext context, List<Double> grid, ImageDataset images) {
    List<Score> scores = new ArrayList<>();
    for (double t : grid) {
      scores.add(TensorScope.compute(() -> score(context, at(t), images)));
    }
    return scores;
  }

  private static Score score(DefenseContext context, Network model, ImageDataset images) {
    ImageDataset here = images.on(context.device());
    Tensor logits = context.inference().logits(model, here.images(), images.spec().normalization());
    Tensor hits = logits.argmax(new org.bytedeco.pytorch.LongOptional(1), false).eq(here.labels());
    return Tensors.withoutGradients(
        () ->
            new Score(
                torch.cross_entropy_loss(logits, here.labels()).item_double(),
                hits.to(torch.ScalarType.Float).mean().item_double()));
  }
}
