package io.github.backdoor4j.attacks;

import io.github.backdoor4j.core.data.LabelRule;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;

/**
 * What a rule teaches triggered images of each class, as a table on a device.
 *
 * @param table 64-bit integers, one per class
 */
record TaughtLabels(Tensor table) {

  static TaughtLabels of(LabelRule rule, int classes, ComputeDevice device) {
    long[] labels =
        LongStream.range(0, classes).map(label -> rule.trainingLabel(label, classes)).toArray();
    return new TaughtLabels(device.place(Tensors.ofLongs(labels)));
  }

  /** Labels for images of the given classes, N. */
  Tensor forClasses(Tensor labels) {
    return table.index_select(0, labels);
  }
}
