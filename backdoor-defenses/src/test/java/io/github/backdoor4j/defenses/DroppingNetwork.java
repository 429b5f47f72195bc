package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.nn.FeatureLayout;
import io.github.backdoor4j.core.nn.Layer;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.nn.Pass;
import io.github.backdoor4j.core.tensor.Seed;
import org.bytedeco.pytorch.Tensor;

/** One block with a batch normalisation, then dropout: what it computes in training is drawn. */
final class DroppingNetwork extends Network {

  private static final int CHANNELS = 12;
  private static final double DROPPED = 0.5;

  private final NetworkSpec spec;
  private final Layer convolution;
  private final Layer normalization;
  private final Layer linear;

  private DroppingNetwork(NetworkSpec spec) {
    super(spec);
    this.spec = spec;
    this.convolution = conv2d("conv", spec.input().channels(), CHANNELS, 3, 2, 1, false);
    this.normalization = batchNorm2d("bn", CHANNELS);
    tapPoint("relu");
    tapPoint("features");
    this.linear = linear("linear", CHANNELS, spec.classes());
  }

  /** With random weights, in evaluation mode. */
  static Network untrained(NetworkSpec spec) {
    DroppingNetwork network = new DroppingNetwork(spec);
    network.initialize(new Seed(9));
    network.training(false);
    return network;
  }

  @Override
  protected Tensor forward(Pass pass, Tensor x) {
    Tensor h = pass.relu("relu", normalization.apply(pass, convolution.apply(pass, x)));
    Tensor features = pass.tap("features", h.mean(2L, 3L));
    return linear.apply(pass, pass.dropout(features, DROPPED));
  }

  @Override
  protected Network blank() {
    return new DroppingNetwork(spec);
  }

  @Override
  public FeatureLayout features() {
    return new FeatureLayout("relu", "features", "linear");
  }
}
