package io.github.backdoor4j.models;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.spi.Architecture;
import io.github.backdoor4j.core.spi.MethodCard;
import java.util.List;

/** What the VGG networks with and without normalisation share. */
abstract sealed class VggArchitecture implements Architecture<VggOptions> permits Vgg19, Vgg19Bn {

  private static final int LEAST_SIDE = 32; // pooled five times

  private final boolean normalised;

  VggArchitecture(boolean normalised) {
    this.normalised = normalised;
  }

  @Override
  public final String id() {
    return normalised ? "vgg19-bn" : "vgg19";
  }

  @Override
  public final List<String> aliases() {
    return List.of(normalised ? "vgg-19-bn" : "vgg-19");
  }

  @Override
  public final VggOptions defaults(DatasetSpec data) {
    return new VggOptions(64);
  }

  @Override
  public final MethodCard card() {
    return new MethodCard(
        normalised ? "VGG-19-BN" : "VGG-19",
        "Sixteen 3x3 convolutions"
            + (normalised ? " with batch normalisation" : "")
            + " and three affine layers, with torchvision's layers, names and first weights",
        "K. Simonyan, A. Zisserman: Very Deep Convolutional Networks for Large-Scale Image"
            + " Recognition, ICLR 2015",
        "https://arxiv.org/abs/1409.1556",
        "none: an architecture",
        "architecture",
        "0.52 billion multiply-adds per 32x32 image at width 64; quadratic in the width",
        List.of(
            "whatever the image's size, an average pooling to 7x7 precedes the affine layers: of"
                + " 32x32 images it repeats one pixel 49 times",
            "first weights are those of torchvision: the paper starts from a shallower network"));
  }

  /**
   * Builds the network for images of at least 32×32 pixels.
   *
   * @throws io.github.backdoor4j.core.UsageException if the images are smaller
   */
  @Override
  public final Network build(NetworkSpec spec, VggOptions options) {
    Sides.requireAtLeast(id(), spec.input(), LEAST_SIDE);
    return new VggNetwork(spec, options, normalised);
  }
}
