package io.github.backdoor4j.models;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.spi.Architecture;
import io.github.backdoor4j.core.spi.MethodCard;
import java.util.List;

/** What the pre-activation residual networks of all depths share. */
abstract sealed class PreActArchitecture implements Architecture<PreActResNet18.Options>
    permits PreActResNet18, PreActResNet34, PreActResNet50 {

  // three stages halve the image: below 8 pixels the last feature map would be padding alone
  private static final int LEAST_SIDE = 8;

  private final int layers;
  private final ResidualDepth depth;
  private final String multiplyAdds;

  /**
   * @param multiplyAdds of one 32×32 image at width 64, as text
   */
  PreActArchitecture(int layers, ResidualDepth depth, String multiplyAdds) {
    this.layers = layers;
    this.depth = depth;
    this.multiplyAdds = multiplyAdds;
  }

  @Override
  public final String id() {
    return "preact-resnet" + layers;
  }

  @Override
  public final List<String> aliases() {
    return List.of("preactresnet" + layers);
  }

  @Override
  public final PreActResNet18.Options defaults(DatasetSpec data) {
    return new PreActResNet18.Options(64);
  }

  @Override
  public final MethodCard card() {
    return new MethodCard(
        "PreAct-ResNet-" + layers,
        "Residual network whose blocks normalise and rectify before each convolution",
        "K. He, X. Zhang, S. Ren, J. Sun: Identity Mappings in Deep Residual Networks, ECCV 2016",
        "https://arxiv.org/abs/1603.05027",
        "none: an architecture",
        "architecture",
        multiplyAdds + " multiply-adds per 32x32 image at width 64; quadratic in the width",
        List.of(
            "no batch normalisation and ReLU between the last block and the average pooling, as in"
                + " the benchmark's published weights",
            "projection shortcuts start after the block's first ReLU"));
  }

  /**
   * Builds the network for images of at least 8×8 pixels.
   *
   * @throws io.github.backdoor4j.core.UsageException if the images are smaller
   */
  @Override
  public final Network build(NetworkSpec spec, PreActResNet18.Options options) {
    Sides.requireAtLeast(id(), spec.input(), LEAST_SIDE);
    return new PreActResNet(spec, depth, options);
  }
}
