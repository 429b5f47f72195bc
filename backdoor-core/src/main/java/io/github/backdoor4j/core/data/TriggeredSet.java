package io.github.backdoor4j.core.data;

import static io.github.backdoor4j.core.Checks.require;

import io.github.backdoor4j.core.tensor.HasTensors;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Tensor;

/**
 * Triggered test images: those that count for the attack success rate and no others.
 *
 * @param spec the data set
 * @param images unsigned 8-bit N×C×H×W
 * @param attackLabels what the attacker wants each to be classified as
 * @param originalLabels what each truly is
 * @param rows position of each in the test set
 */
public record TriggeredSet(
    DatasetSpec spec, Tensor images, long[] attackLabels, long[] originalLabels, long[] rows)
    implements HasTensors {

  public TriggeredSet {
    require(
        images.size(0) == rows.length
            && attackLabels.length == rows.length
            && originalLabels.length == rows.length,
        "a triggered set needs as many labels as images");
  }

  /** Number of images: the denominator of the attack success rate. */
  public int size() {
    return rows.length;
  }

  @Override
  public void forEachTensor(Consumer<Tensor> visitor) {
    visitor.accept(images);
  }
}
