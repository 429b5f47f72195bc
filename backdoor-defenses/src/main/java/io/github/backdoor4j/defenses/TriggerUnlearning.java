package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.spi.DefenseContext;
import io.github.backdoor4j.core.spi.Evidence;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.core.train.TrainingHistory;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * Trains a network on clean images of which some carry the reversed triggers under their true
 * labels (Neural Cleanse, §VI-C).
 *
 * @param network trained in place
 */
record TriggerUnlearning(DefenseContext context, Network network, NeuralCleanse.Options options) {

  /** Unlearns triggers, one at least. */
  TriggerRemedy of(List<ReversedTrigger> found) {
    try (TensorScope scope = TensorScope.open()) {
      TrainingHistory history =
          context
              .trainer("unlearning")
              .fit(
                  network,
                  partlyStamped(found),
                  options.unlearning(),
                  context.seed().child("unlearning"));
      return new TriggerRemedy(
          Optional.of(network),
          Optional.empty(),
          Optional.empty(),
          new Evidence(
              Map.of("unlearning_epochs", (double) history.epochs().size()),
              Tuning.figures("Unlearning the reversed trigger", history),
              List.of()));
    }
  }

  /** A clean part, and for each trigger a stamped copy of the rest with its true labels. */
  ImageDataset partlyStamped(List<ReversedTrigger> found) {
    ImageDataset holdout = context.labelledHoldout();
    long[] order = Tensors.permutation(holdout.size(), context.seed().child("stamped"));
    int clean = (int) (holdout.size() * (1 - options.stampedShare()));
    ImageDataset rest = holdout.subset(Arrays.copyOfRange(order, clean, order.length));
    long[] cleanRows = Arrays.copyOf(order, clean);
    TensorVector images = new TensorVector(Tensors.rows(holdout.images(), cleanRows));
    TensorVector labels = new TensorVector(Tensors.rows(holdout.labels(), cleanRows));
    for (ReversedTrigger trigger : found) {
      images.push_back(
          trigger.trigger(options.fidelity()).stamp(rest.images(), new long[rest.size()]));
      labels.push_back(rest.labels());
    }
    return new ImageDataset(holdout.spec(), torch.cat(images, 0), torch.cat(labels, 0));
  }
}
