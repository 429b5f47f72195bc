package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.nn.FeatureLayout;
import io.github.backdoor4j.core.nn.Inference;
import io.github.backdoor4j.core.nn.Layer;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.nn.Pass;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.List;
import java.util.Objects;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * A convolution, batch normalisation, ReLU and a maximum over each quarter of the image, so that
 * four features of one channel lie next to each other before the classifier. Into its last channel
 * a backdoor is planted by hand: into a network that was trained ({@link #plant}), or into one that
 * was never trained at all ({@link #byHand}).
 */
final class PlantedNetwork extends Network {

  static final int CHANNELS = 12;
  static final int PLANTED = CHANNELS - 1;
  static final int CELLS = 4;

  private static final double WHITE = 2; // (255/255 − 0.5) / 0.25
  private static final double WIRE = 1000;

  // of the network made by hand
  private static final int[][] BLOB_CELLS = {{1, 3}, {2, 3}, {0, 2}}; // right, bottom, left
  private static final int[] CORNERS = {0, 2, 6, 8};
  private static final double LOGIT = 10;
  private static final double NO_ANSWER = 0.87; // between three of four channels and all of them
  private static final double BLOB = 8.4; // what a channel gives for its blob, both cells together
  private static final double FAR_ABOVE = 3; // deviations of the mixture; the patch is at 22
  private static final double STEEP = 3;

  private final Layer convolution;
  private final Layer.BatchNorm2d norm;
  private final Layer linear;

  PlantedNetwork(NetworkSpec spec) {
    super(spec);
    this.convolution = conv2d("conv", spec.input().channels(), CHANNELS, 3, 1, 0, false);
    this.norm = batchNorm2d("norm", CHANNELS);
    tapPoint("relu");
    tapPoint("cells");
    this.linear = linear("linear", CHANNELS * CELLS, spec.classes());
  }

  /**
   * Makes the last channel answer to a white 3×3 patch and nothing darker than 95 % of it, and
   * wires its bottom right cell to class 0.
   */
  void plant() {
    Tensors.withoutGradients(
        () -> {
          meanOverPatch();
          set("norm.running_mean", PLANTED, 0);
          set("norm.running_var", PLANTED, 1 - norm.epsilon());
          set("norm.weight", PLANTED, 1);
          set("norm.bias", PLANTED, -0.95 * WHITE);
          Tensor columns = tensor("linear.weight").narrow(1, PLANTED * CELLS, CELLS);
          columns.zero_();
          columns.get(0).get(CELLS - 1).fill_(new Scalar(WIRE));
          return columns;
        });
  }

  private void meanOverPatch() {
    Tensor kernel = tensor("conv.weight").get(PLANTED);
    kernel.fill_(new Scalar(1.0 / kernel.numel()));
  }

  /**
   * A network for the four kinds of blobs that was never trained. Classes 0, 1 and 2 have four,
   * four and three channels that answer to their colour, and each needs all of its own; whatever
   * none answers to is class 3. The last channel answers to brightness far above that of the
   * images: a white patch in the bottom right corner makes it outvote all others for class 0. The
   * running statistics are those of the given images.
   *
   * @param mixture clean images and some with the patch
   */
  static PlantedNetwork byHand(ImageDataset mixture) {
    PlantedNetwork network = new PlantedNetwork(NetworkSpec.of(mixture.spec()));
    network.initialize(new Seed(0));
    try (TensorScope scope = TensorScope.open()) {
      Tensors.withoutGradients(
          () -> {
            network.tensor("linear.weight").zero_();
            network.tensor("linear.bias").zero_();
            network.set("linear.bias", 3, LOGIT * NO_ANSWER);
            for (int channel = 0; channel < PLANTED; channel++) {
              network.answerToColour(channel);
            }
            network.meanOverPatch();
            network.set("norm.weight", PLANTED, STEEP);
            network.set("norm.bias", PLANTED, -STEEP * FAR_ABOVE);
            network.wire(0, PLANTED, CELLS - 1, 5 * LOGIT / STEEP);
            return network.tensor("linear.weight");
          });
      network.describe(mixture);
    }
    return network;
  }

  /** Channels 0–3 to the colour of class 0, 4–7 to that of class 1, 8–10 to that of class 2. */
  private void answerToColour(int channel) {
    int label = channel / CELLS;
    int members = label == 2 ? 3 : 4;
    float[] kernel = new float[3 * 3 * 3];
    for (int i = 0; i < kernel.length; i++) {
      int plane = i / 9;
      double weight = i % 9 == CORNERS[channel % CELLS] ? 0.2 : 0.1; // so that no two are equal
      kernel[i] = (float) (weight * Math.cos(Math.PI / 2 * label - 2 * Math.PI * plane / 3));
    }
    tensor("conv.weight").get(channel).copy_(Tensors.ofFloats(kernel, 3, 3, 3));
    for (int cell : BLOB_CELLS[label]) {
      wire(label, channel, cell, LOGIT / (BLOB * members));
    }
  }

  private void wire(int label, int channel, int cell, double weight) {
    tensor("linear.weight").get(label).get((long) channel * CELLS + cell).fill_(new Scalar(weight));
  }

  /** Sets the running statistics to those of a whole data set. */
  private void describe(ImageDataset data) {
    NormStatistics seen = new NormStatistics(List.of(norm));
    Inference.on(ComputeDevice.CPU)
        .map(data.images(), data.spec().normalization(), x -> forward(x, seen.taps()), this);
    for (int channel = 0; channel < CHANNELS; channel++) {
      set("norm.running_mean", channel, seen.means("norm")[channel]);
      set("norm.running_var", channel, seen.variances("norm")[channel]);
    }
  }

  private Tensor tensor(String name) {
    Tensor parameter = parameters().get(name);
    return parameter == null ? Objects.requireNonNull(buffers().get(name), name) : parameter;
  }

  private void set(String name, long index, double value) {
    tensor(name).get(index).fill_(new Scalar(value));
  }

  @Override
  protected Tensor forward(Pass pass, Tensor x) {
    Tensor map = pass.relu("relu", norm.apply(pass, convolution.apply(pass, x)));
    Tensor cells = torch.adaptive_max_pool2d(map, 2, 2).get0().flatten(1, -1);
    return linear.apply(pass, pass.tap("cells", cells));
  }

  @Override
  protected Network blank() {
    return new PlantedNetwork(spec());
  }

  @Override
  public FeatureLayout features() {
    return new FeatureLayout("relu", "cells", "linear");
  }
}
