package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.EngineException;
import io.github.backdoor4j.core.NotApplicableException;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.data.Normalization;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.Recorder;
import io.github.backdoor4j.core.nn.Taps;
import io.github.backdoor4j.core.spi.DefenseContext;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.Arrays;
import java.util.function.Function;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * The features that enter a network's classifier: how active they are, what is left of the
 * predictions without some of them, and how to take them out for good. A unit is either one such
 * feature or one channel of the last feature map with all features that come from it.
 */
final class ClassifierInputs {

  private static final double SAME_LOGITS = 1e-4; // relative; two orders of summation

  private final Network network;
  private final DefenseContext context;
  private final Tensor weight;
  private final @Nullable Tensor bias;
  private final int width;
  private int featuresPerUnit = 1;

  ClassifierInputs(Network network, DefenseContext context) {
    this.network = network;
    this.context = context;
    String classifier = network.features().classifier();
    Tensor columns = network.parameters().get(classifier + ".weight");
    if (columns == null) {
      throw new NotApplicableException(
          "the network's feature layout names the classifier '%s', which has no weights",
          classifier);
    }
    this.weight = columns;
    this.bias = network.parameters().get(classifier + ".bias");
    this.width = (int) weight.size(1);
  }

  /** Number of features D. */
  int width() {
    return width;
  }

  /** Features N×D of images as they are, in the caller's scope. */
  Tensor features(Tensor images, Normalization normalization) {
    return context
        .inference()
        .features(network, images, normalization, network.features().penultimate());
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

  private double[] means(Tensor images, ImageDataset data, Function<Tensor, Tensor> perImage) {
    try (TensorScope scope = TensorScope.open()) {
      return means(context.inference().map(images, data.spec().normalization(), perImage, network));
    }
  }

  /**
   * Mean of each column.
   *
   * @throws EngineException if one is no finite number
   */
  static double[] means(Tensor rows) {
    double[] means =
        TensorScope.compute(
            () -> Tensors.toDoubles(rows.to(ScalarType.Double).mean(new long[] {0})));
    if (!Arrays.stream(means).allMatch(Double::isFinite)) {
      throw new EngineException(
          "the suspect model's features are not finite; it cannot be judged by activation");
    }
    return means;
  }

  /** Accuracy per setting of a sweep; the features are computed once. */
  double[] accuracies(PruningSweep sweep, ImageDataset images) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor features = features(images.images(), images.spec().normalization());
      return agreements(sweep, features, context.device().place(images.labels()));
    }
  }

  /**
   * Share of images that are given a label, per setting of a sweep.
   *
   * @param features N×D
   * @param labels N, on the features' device
   */
  double[] agreements(PruningSweep sweep, Tensor features, Tensor labels) {
    return TensorScope.compute(
        () -> {
          Function<Tensor, Tensor> head = head(features);
          double[] shares = new double[sweep.settings()];
          for (int setting = 0; setting < shares.length; setting++) {
            int[] pruned = sweep.pruned(setting);
            shares[setting] =
                TensorScope.compute(() -> agreement(head, features.mul(mask(pruned)), labels));
          }
          return shares;
        });
  }

  private static double agreement(Function<Tensor, Tensor> head, Tensor features, Tensor labels) {
    return Tensors.withoutGradients(
        () -> {
          Tensor hits = head.apply(features).argmax(new LongOptional(1), false).eq(labels);
          return hits.to(ScalarType.Double).mean().item_double();
        });
  }

  /**
   * What makes logits of features: the classifier alone where nothing follows it, which is seen by
   * trying, else the whole network with its own features replaced.
   */
  private Function<Tensor, Tensor> head(Tensor features) {
    if (weight.size(0) != network.classes()) {
      return this::pass;
    }
    boolean same =
        Tensors.withoutGradients(
            () -> {
              Tensor some = features.narrow(0, 0, Math.min(features.size(0), 1));
              return affine(some).allclose(pass(some), SAME_LOGITS, SAME_LOGITS, false);
            });
    return same ? this::affine : this::pass;
  }

  private Tensor affine(Tensor features) {
    return torch.linear(
        features, weight, bias == null ? new TensorOptional() : new TensorOptional(bias));
  }

  /** The network's own features are replaced in a pass of one image. */
  private Tensor pass(Tensor features) {
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
    fold(network, mask);
  }

  /** The same on another network of this kind. */
  static Network fold(Network network, Tensor mask) {
    Tensor columns =
        java.util.Objects.requireNonNull(
            network.parameters().get(network.features().classifier() + ".weight"));
    Tensors.withoutGradients(() -> columns.mul_(mask));
    return network;
  }
}
