package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.data.TriggeredSet;
import io.github.backdoor4j.core.nn.Inference;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.spi.EvaluationContext.ModelPredictions;

/** Makes the predictions that all model metrics share. */
final class Predictions {

  private Predictions() {}

  /** One pass over each of both sets. */
  static ModelPredictions of(
      Inference inference, Network network, ImageDataset clean, TriggeredSet triggered) {
    return new ModelPredictions(
        inference.predict(network, clean),
        clean.labelValues(),
        inference.predict(network, triggered.images(), triggered.spec().normalization()),
        triggered.attackLabels(),
        triggered.originalLabels());
  }
}
