package io.github.backdoor4j.models;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.spi.Architecture;
import io.github.backdoor4j.core.spi.MethodCard;
import java.util.List;

/** What the residual networks of all depths share. */
abstract sealed class ResNetArchitecture implements Architecture<ResNetOptions>
    permits ResNet18, ResNet34, ResNet50 {

  // halved three times by the stages and twice by the ImageNet stem, one pixel must be left
  private static final int LEAST_SIDE = 8;
  private static final int LEAST_SIDE_OF_STEM = 32;

  private final int layers;
  private final ResidualDepth depth;
  private final String multiplyAdds;

  /**
   * @param multiplyAdds of one 32×32 image with the defaults, as text
   */
  ResNetArchitecture(int layers, ResidualDepth depth, String multiplyAdds) {
    this.layers = layers;
    this.depth = depth;
    this.multiplyAdds = multiplyAdds;
  }

  @Override
  public final String id() {
    return "resnet" + layers;
  }

  @Override
  public final List<String> aliases() {
    return List.of("resnet-" + layers);
  }

  @Override
  public final ResNetOptions defaults(DatasetSpec data) {
    return new ResNetOptions(64, ResNetOptions.Stem.IMAGENET);
  }

  @Override
  public final MethodCard card() {
    return new MethodCard(
        "ResNet-" + layers,
        "Residual network with torchvision's layers, names and first weights",
        "K. He, X. Zhang, S. Ren, J. Sun: Deep Residual Learning for Image Recognition, CVPR 2016",
        "https://arxiv.org/abs/1512.03385",
        "none: an architecture",
        "architecture",
        multiplyAdds + " multiply-adds per 32x32 image at width 64; quadratic in the width",
        departures());
  }

  private List<String> departures() {
    String stem = "the stem cifar is not in the paper: it is usual for images of 32x32 pixels";
    String stride =
        "a bottleneck strides in its 3x3 convolution, as torchvision's published weights"
            + " do; the paper's strides in its first";
    return depth.expansion() == 1 ? List.of(stem) : List.of(stride, stem);
  }

  /**
   * Builds the network for images of at least 32×32 pixels, or 8×8 with the stem {@code cifar}.
   *
   * @throws io.github.backdoor4j.core.UsageException if the images are smaller
   */
  @Override
  public final Network build(NetworkSpec spec, ResNetOptions options) {
    boolean large = options.stem() == ResNetOptions.Stem.IMAGENET;
    Sides.requireAtLeast(id(), spec.input(), large ? LEAST_SIDE_OF_STEM : LEAST_SIDE);
    return new ResNet(spec, depth, options);
  }
}
