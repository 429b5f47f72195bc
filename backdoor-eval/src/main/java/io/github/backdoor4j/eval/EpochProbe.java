package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.data.TriggeredSet;
import io.github.backdoor4j.core.nn.Inference;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.Trainable;
import io.github.backdoor4j.core.spi.Evaluation.Measurement;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.train.EpochReport;
import io.github.backdoor4j.core.train.TrainingListener;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Adds clean accuracy, and attack success where there is an attack, on some test images to the
 * means of each epoch.
 */
final class EpochProbe implements TrainingListener {

  private final ImageDataset clean;
  private final Optional<TriggeredSet> triggered;
  private final Inference inference;
  private @Nullable Network network;

  EpochProbe(ImageDataset clean, Optional<TriggeredSet> triggered, Inference inference) {
    this.clean = clean;
    this.triggered = triggered;
    this.inference = inference;
  }

  @Override
  public void onModel(Trainable model) {
    network = model instanceof Network trained ? trained : null;
  }

  @Override
  public EpochReport onEpoch(EpochReport report) {
    Network trained = network;
    if (trained == null) {
      return report;
    }
    Map<String, Double> means = new LinkedHashMap<>(report.means());
    try (TensorScope scope = TensorScope.open()) {
      for (Measurement m : measure(trained)) {
        means.put(m.name(), m.value());
      }
    }
    return new EpochReport(report.epoch(), report.learningRate(), means, report.seconds());
  }

  private List<Measurement> measure(Network trained) {
    return triggered
        .map(set -> ModelMetrics.of(Predictions.of(inference, trained, clean, set)))
        .orElseGet(
            () ->
                List.of(
                    ModelMetrics.cleanAccuracy(
                        inference.predict(trained, clean), clean.labelValues())));
  }
}
