package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.EngineException;
import io.github.backdoor4j.core.NotApplicableException;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.Recorder;
import io.github.backdoor4j.core.nn.Taps;
import io.github.backdoor4j.core.spi.DefenseContext;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.Arrays;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The features that enter a network's classifier: how active they are, what accuracy is left
 * without some of them, and how to take them out for good. A unit is either one such feature or one
 * channel of the last feature map with all features that come from it.
 */
final class ClassifierInputs {

  private final Network network;
  private final DefenseContext context;
  private final Tensor weight;
  private final int width;
  private int featuresPerUnit = 1;

  ClassifierInputs(Network network, DefenseContext context) {
    this.network = network;
    this.context = context;
    String classifier = network.features().classifier();
    this.weight = parameter(classifier + ".weight");
    this.width = (int) weight.size(1);
  }

  private Tensor parameter(String name) {
    Tensor tensor = network.parameters().get(name);
    if (tensor == null) {
      throw new NotApplicableException(
          "the network's feature layout names the classifier parameter '%s', which is not there",
          name);
    }
    return tensor;
  }

  /** Mean over images and positions of each channel of the last feature map, after ReLU. */
  double[] channelActivations(ImageDataset images) {
    String map = network.features().lastConvolution();
    double[] activations =
        means(
            images.images(),
            images,
            x -> {
              Recorder recorder = new Recorder(map);
              network.forward(x, recorder.taps());
              return torch.relu(recorder.get(map)).flatten(2, -1).mean(new long[] {2});
            });
    if (width % activations.length != 0) {
      throw new NotApplicableException(
          "%d classifier inputs cannot be told apart by the %d channels of '%s'",
          width, activations.length, map);
    }
    featuresPerUnit = width / activations.length;
    return activations;
  }

  /** Mean over augmented images of each feature, negative values as they are. */
  double[] signedActivations(ImageDataset images, Seed seed) {
    String tap = network.features().penultimate();
    featuresPerUnit = 1;
    Tensor augmented = images.spec().augmentation().apply(images.images(), Tensors.generator(seed));
    return means(
        augmented,
        images,
        x -> {
          Recorder recorder = new Recorder(tap);
          network.forward(x, recorder.taps());
          return recorder.get(tap);
        });
  }

  private double[] means(
      Tensor images, ImageDataset data, java.util.function.Function<Tensor, Tensor> perImage) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor rows = context.inference().map(images, data.spec().normalization(), perImage, network);
      double[] means = Tensors.toDoubles(rows.to(ScalarType.Double).mean(new long[] {0}));
      if (!Arrays.stream(means).allMatch(Double::isFinite)) {
        throw new EngineException(
            "the suspect model's features are not finite; it cannot be pruned by activation");
      }
      return means;
    }
  }

  /** Accuracy per setting of a sweep; the features are computed once. */
  double[] accuracies(PruningSweep sweep, ImageDataset images) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor features =
          context
              .inference()
              .features(
                  network,
                  images.images(),
                  images.spec().normalization(),
                  network.features().penultimate());
      Tensor labels = context.device().place(images.labels());
      double[] accuracies = new double[sweep.settings()];
      for (int setting = 0; setting < accuracies.length; setting++) {
        accuracies[setting] = accuracy(features, labels, sweep.pruned(setting));
      }
      return accuracies;
    }
  }

  private double accuracy(Tensor features, Tensor labels, int[] pruned) {
    return Tensors.withoutGradients(
        () ->
            TensorScope.compute(
                () -> {
                  Tensor logits = logits(features.mul(mask(pruned)));
                  Tensor hits = logits.argmax(new LongOptional(1), false).eq(labels);
                  return hits.to(ScalarType.Double).mean().item_double();
                }));
  }

  /**
   * What the network makes of given features: they take the place of its own in a pass of one
   * image, since more than one layer may follow.
   */
  private Tensor logits(Tensor features) {
    ImageShape shape = network.spec().input();
    Tensor any =
        context.device().place(torch.zeros(1, shape.channels(), shape.height(), shape.width()));
    boolean before = network.training();
    network.training(false);
    try {
      return network.forward(any, Taps.at(network.features().penultimate(), own -> features));
    } finally {
      network.training(before);
    }
  }

  /** Ones, and zeros for the features of the given units; 1×D on the device. */
  Tensor mask(int[] pruned) {
    float[] mask = new float[width];
    Arrays.fill(mask, 1);
    for (int unit : pruned) {
      Arrays.fill(mask, unit * featuresPerUnit, (unit + 1) * featuresPerUnit, 0);
    }
    return context.device().place(Tensors.ofFloats(mask, 1, width));
  }

  /** Sets the classifier's columns to zero where the mask is: same function, plain weights. */
  void fold(Tensor mask) {
    Tensors.withoutGradients(() -> weight.mul_(mask));
  }
}
