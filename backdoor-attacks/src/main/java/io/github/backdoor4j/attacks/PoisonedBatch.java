package io.github.backdoor4j.attacks;

import io.github.backdoor4j.core.train.Batch;
import io.github.backdoor4j.core.train.StepContext;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A batch in the hands of an attack that controls training: backdoored rows first, then cross rows,
 * then clean ones. One mean cross entropy over all rows teaches the three together.
 *
 * @param images N×C×H×W normalised floats
 * @param labels what the network is taught, N
 * @param split how many rows of each kind
 */
record PoisonedBatch(Tensor images, Tensor labels, BatchSplit split) {

  /**
   * Changes the first rows of a shuffled batch.
   *
   * @param taught labels of backdoored rows; all others keep theirs
   * @param backdoor triggers normalised images
   * @param cross changes normalised images in a way that must not trigger
   */
  static PoisonedBatch mix(
      Batch batch,
      BatchSplit split,
      TaughtLabels taught,
      UnaryOperator<Tensor> backdoor,
      UnaryOperator<Tensor> cross) {
    long triggered = split.backdoored();
    long disturbed = split.cross();
    long rest = batch.size() - triggered - disturbed;
    TensorVector images = new TensorVector();
    if (triggered > 0) {
      images.push_back(backdoor.apply(batch.images().narrow(0, 0, triggered)));
    }
    if (disturbed > 0) {
      images.push_back(cross.apply(batch.images().narrow(0, triggered, disturbed)));
    }
    if (rest > 0) {
      images.push_back(batch.images().narrow(0, triggered + disturbed, rest));
    }
    return new PoisonedBatch(torch.cat(images, 0), labels(batch, triggered, taught), split);
  }

  private static Tensor labels(Batch batch, long triggered, TaughtLabels taught) {
    Tensor changed = taught.forClasses(batch.labels().narrow(0, 0, triggered));
    Tensor kept = batch.labels().narrow(0, triggered, batch.size() - triggered);
    return torch.cat(new TensorVector(changed, kept), 0);
  }

  /** Meters the share of backdoored and of cross rows that are predicted as taught. */
  void observe(Tensor logits, StepContext context) {
    observe("train_asr", logits, 0, split.backdoored(), context);
    observe("train_cross_accuracy", logits, split.backdoored(), split.cross(), context);
  }

  private void observe(String name, Tensor logits, int from, int count, StepContext context) {
    if (count > 0) {
      Tensor predicted = logits.detach().narrow(0, from, count).argmax(new LongOptional(1), false);
      Tensor hits = predicted.eq(labels.narrow(0, from, count));
      context.observe(name, hits.to(ScalarType.Float).mean(), count);
    }
  }
}
