package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.nn.Passes;
import io.github.backdoor4j.core.spi.Figure;
import io.github.backdoor4j.core.train.ScheduleSpec;
import io.github.backdoor4j.core.train.TrainingHistory;
import io.github.backdoor4j.core.train.TrainingPlan;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What the defenses that train on the clean holdout share. */
final class Tuning {

  private static final int BATCH = 256;
  private static final int EPOCHS = 100;

  private Tuning() {}

  /**
   * The benchmark's plan: SGD 0.01, momentum 0.9, weight decay 5e-4, batches of 256 with the short
   * last one, cosine over 100 epochs; 200 epochs and a plateau schedule for Tiny-ImageNet.
   */
  static TrainingPlan defaults(DatasetSpec data) {
    TrainingPlan plan =
        TrainingPlan.benchmark(EPOCHS, data.augmentation())
            .withBatchSize(BATCH)
            .withDropLast(false);
    return data.id().equals("tiny-imagenet")
        ? plan.withEpochs(2 * EPOCHS).withSchedule(new ScheduleSpec.Plateau(0.1, 10, 1e-4))
        : plan;
  }

  /** Work of a training on some images, unless it stops early. */
  static Passes passes(TrainingPlan plan, int images) {
    int rest = images % plan.batchSize();
    boolean dropped = plan.dropLast() && images > rest;
    return Passes.training((double) plan.epochs() * (dropped ? images - rest : images));
  }

  /** Loss and accuracy per epoch on the images trained on. */
  static List<Figure> figures(String title, TrainingHistory history) {
    return figures(title, history, List.of("loss", "accuracy"));
  }

  /**
   * Means per epoch on the images trained on.
   *
   * @param means their names in the history
   */
  static List<Figure> figures(String title, TrainingHistory history, List<String> means) {
    if (history.epochs().isEmpty()) {
      return List.of();
    }
    Map<String, List<Double>> series = new LinkedHashMap<>();
    means.forEach(name -> series.put(name.replace('_', ' '), boxed(history.curve(name))));
    List<Double> epochs =
        IntStream.rangeClosed(1, history.epochs().size()).mapToObj(e -> (double) e).toList();
    return List.of(new Figure.Curves(title, "epoch", "training loss, accuracy", epochs, series));
  }

  /** Numbers of the last epoch, under names that begin with {@code prefix}. */
  static Map<String, Double> numbers(String prefix, int images, TrainingHistory history) {
    Map<String, Double> numbers = new LinkedHashMap<>();
    numbers.put(prefix + "_images", (double) images);
    numbers.put(prefix + "_epochs", (double) history.epochs().size());
    if (!history.epochs().isEmpty()) {
      int last = history.epochs().size() - 1;
      numbers.put(prefix + "_loss", history.curve("loss")[last]);
      numbers.put(prefix + "_accuracy", history.curve("accuracy")[last]);
    }
    return numbers;
  }

  /** What must be said about a training that changed nothing. */
  static List<String> notes(TrainingHistory history) {
    return history.epochs().isEmpty()
        ? List.of("No epoch was trained, so this is the suspect as it was.")
        : List.of();
  }

  private static List<Double> boxed(double[] values) {
    return Arrays.stream(values).boxed().collect(Collectors.toList());
  }
}
