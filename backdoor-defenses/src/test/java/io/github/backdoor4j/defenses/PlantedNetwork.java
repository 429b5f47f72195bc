package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.nn.FeatureLayout;
import io.github.backdoor4j.core.nn.Layer;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.nn.Pass;
import io.github.backdoor4j.core.tensor.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * A convolution, ReLU and a maximum over each quarter of the image, so that four features of one
 * channel lie next to each other before the classifier. Into its last channel a backdoor can be
 * planted by hand.
 */
final class PlantedNetwork extends Network {

  static final int CHANNELS = 12;
  static final int PLANTED = CHANNELS - 1;
  static final int CELLS = 4;

  private static final double WHITE = 2; // (255/255 − 0.5) / 0.25
  private static final double WIRE = 1000;

  private final Layer convolution;
  private final Layer linear;

  PlantedNetwork(NetworkSpec spec) {
    super(spec);
    this.convolution = conv2d("conv", spec.input().channels(), CHANNELS, 3, 1, 0, true);
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
          Tensor kernel = parameters().get("conv.weight").get(PLANTED);
          kernel.fill_(new Scalar(1.0 / kernel.numel()));
          parameters().get("conv.bias").get(PLANTED).fill_(new Scalar(-0.95 * WHITE));
          Tensor columns = parameters().get("linear.weight").narrow(1, PLANTED * CELLS, CELLS);
          columns.zero_();
          columns.get(0).get(CELLS - 1).fill_(new Scalar(WIRE));
          return columns;
        });
  }

  @Override
  protected Tensor forward(Pass pass, Tensor x) {
    Tensor map = pass.relu("relu", convolution.apply(pass, x));
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
