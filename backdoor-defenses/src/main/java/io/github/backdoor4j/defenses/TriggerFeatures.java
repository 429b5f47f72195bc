package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.spi.Fidelity;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;

/**
 * What enters the classifier for clean images, and for the same images with each reversed trigger.
 *
 * @param images clean
 * @param triggers that were found
 * @param clean N×D
 * @param stamped N×D for each trigger
 */
record TriggerFeatures(
    ImageDataset images, List<ReversedTrigger> triggers, Tensor clean, List<Tensor> stamped) {

  /** One pass without trigger and one with each, in the caller's scope. */
  static TriggerFeatures of(
      ClassifierInputs inputs, ImageDataset images, List<ReversedTrigger> triggers) {
    return new TriggerFeatures(
        images,
        triggers,
        inputs.features(images.images(), images.spec().normalization()),
        triggers.stream()
            .map(trigger -> trigger.trigger(Fidelity.PAPER))
            .map(trigger -> trigger.stamp(images.images(), new long[images.size()]))
            .map(pixels -> inputs.features(pixels, images.spec().normalization()))
            .toList());
  }

  /** Rise of each feature's mean from clean images to those with a trigger. */
  double[] rises(int trigger) {
    double[] before = ClassifierInputs.means(clean);
    double[] after = ClassifierInputs.means(stamped.get(trigger));
    return IntStream.range(0, before.length).mapToDouble(i -> after[i] - before[i]).toArray();
  }

  /** How far each feature's mean moves, up or down. */
  double[] gaps(int trigger) {
    return Arrays.stream(rises(trigger)).map(Math::abs).toArray();
  }

  /** Features, most driven by a trigger first; equally driven ones by index. */
  int[] mostDriven(int trigger) {
    return PruningSweep.largestFirst(rises(trigger), 1).order();
  }

  /** Rows of the images that are not of a trigger's own class. */
  long[] others(int trigger) {
    long[] labels = images.labelValues();
    return IntStream.range(0, labels.length)
        .filter(i -> labels[i] != triggers.get(trigger).label())
        .asLongStream()
        .toArray();
  }

  /** Share of the images of other classes that a trigger turns, per setting of a sweep. */
  double[] success(int trigger, ClassifierInputs inputs, PruningSweep sweep) {
    long[] rows = others(trigger);
    long[] wanted = new long[rows.length];
    Arrays.fill(wanted, triggers.get(trigger).label());
    Tensor features = Tensors.rows(stamped.get(trigger), rows);
    return inputs.agreements(
        sweep, features, ComputeDevice.of(features).place(Tensors.ofLongs(wanted)));
  }
}
