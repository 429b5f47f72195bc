package io.github.backdoor4j.models;

import static io.github.backdoor4j.core.Checks.requireAtLeast;

import io.github.backdoor4j.core.Download;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.nn.StartWeights;
import io.github.backdoor4j.core.record.Doc;
import io.github.backdoor4j.core.spi.Architecture;
import io.github.backdoor4j.core.spi.MethodCard;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * ConvNeXt-T with torchvision's layers, parameter names and first weights.
 *
 * @see <a href="https://arxiv.org/abs/2201.03545">Liu et al., A ConvNet for the 2020s, 2022</a>
 */
public final class ConvNextTiny implements Architecture<ConvNextTiny.Options> {

  private static final int LEAST_SIDE = 32; // divided by 4, then halved three times
  private static final Download PUBLISHED = Pretrained.torchvision("convnext_tiny-983f1562.pth");

  /**
   * Options of the architecture.
   *
   * @param width channels of the first stage; the later stages have 2, 4 and 8 times as many
   * @param pretrained weights that training starts from: {@code none}, {@code imagenet} for
   *     torchvision's as fetched, or the path of a file
   */
  public record Options(
      @Doc(value = "channels of the first stage; 96 in the published weights", range = "at least 1")
          int width,
      @Doc(value = Pretrained.DOC, range = Pretrained.RANGE) String pretrained) {

    public Options {
      requireAtLeast("width", width, 1);
      Pretrained.check(pretrained);
    }

    /** Starting from drawn weights. */
    public Options(int width) {
      this(width, Pretrained.NONE);
    }
  }

  @Override
  public String id() {
    return "convnext-tiny";
  }

  @Override
  public List<String> aliases() {
    return List.of("convnext-t");
  }

  @Override
  public Options defaults(DatasetSpec data) {
    return new Options(96);
  }

  @Override
  public MethodCard card() {
    return new MethodCard(
        "ConvNeXt-T",
        "Convolutional network built like a vision transformer, with torchvision's layers, names"
            + " and first weights",
        "Z. Liu, H. Mao, C.-Y. Wu, C. Feichtenhofer, T. Darrell, S. Xie: A ConvNet for the 2020s,"
            + " CVPR 2022",
        "https://arxiv.org/abs/2201.03545",
        "none: an architecture",
        "architecture",
        "91 million multiply-adds per 32x32 image at width 96; quadratic in the width",
        List.of(
            "the benchmark starts from weights trained on ImageNet, here pretrained=imagenet; from"
                + " scratch on small images the network stays far below the others"));
  }

  /**
   * Builds the network for images of at least 32×32 pixels.
   *
   * @throws io.github.backdoor4j.core.UsageException if the images are smaller
   */
  @Override
  public Network build(NetworkSpec spec, Options options) {
    Sides.requireAtLeast(id(), spec.input(), LEAST_SIDE);
    return new ConvNextNetwork(spec, options);
  }

  @Override
  public List<Download> publishedWeights() {
    return List.of(PUBLISHED);
  }

  @Override
  public Optional<StartWeights> startWeights(Options options) {
    return Pretrained.weights(id(), options.pretrained(), PUBLISHED, UnaryOperator.identity());
  }
}
