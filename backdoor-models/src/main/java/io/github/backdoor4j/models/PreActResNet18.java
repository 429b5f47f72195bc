package io.github.backdoor4j.models;

import static io.github.backdoor4j.core.Checks.require;
import static io.github.backdoor4j.core.Checks.requireAtLeast;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.record.Doc;
import io.github.backdoor4j.core.spi.Architecture;
import io.github.backdoor4j.core.spi.MethodCard;
import java.util.List;

/**
 * Pre-activation ResNet-18 in the form that the backdoor literature trains on small images: a 3×3
 * stem without pooling, four stages of two blocks, and no normalisation after the last block.
 *
 * <p>At width 64 it has 11,171,146 parameters for 10 classes, and its parameter names are those of
 * the published weights.
 *
 * @see <a href="https://arxiv.org/abs/1603.05027">He et al., Identity Mappings in Deep Residual
 *     Networks, 2016</a>
 */
public final class PreActResNet18 implements Architecture<PreActResNet18.Options> {

  // three stages halve the image: below 8 pixels the last feature map would be padding alone
  private static final int LEAST_SIDE = 8;

  /**
   * Options of the architecture.
   *
   * @param width channels of the stem and the first stage; the later stages have 2, 4 and 8 times
   *     as many
   */
  public record Options(
      @Doc(
              value = "channels of the stem and the first stage; 64 in the published weights",
              range = "at least 1")
          int width) {

    public Options {
      requireAtLeast("width", width, 1);
    }
  }

  @Override
  public String id() {
    return "preact-resnet18";
  }

  @Override
  public List<String> aliases() {
    return List.of("preactresnet18");
  }

  @Override
  public Options defaults(DatasetSpec data) {
    return new Options(64);
  }

  @Override
  public MethodCard card() {
    return new MethodCard(
        "PreAct-ResNet-18",
        "Residual network whose blocks normalise and rectify before each convolution",
        "K. He, X. Zhang, S. Ren, J. Sun: Identity Mappings in Deep Residual Networks, ECCV 2016",
        "https://arxiv.org/abs/1603.05027",
        "none: an architecture",
        "architecture",
        "0.56 billion multiply-adds per 32x32 image at width 64; quadratic in the width",
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
  public Network build(NetworkSpec spec, Options options) {
    ImageShape input = spec.input();
    require(
        Math.min(input.height(), input.width()) >= LEAST_SIDE,
        "preact-resnet18 needs images of at least %dx%d pixels, but they are %s",
        LEAST_SIDE,
        LEAST_SIDE,
        input);
    return new PreActResNet(spec, options);
  }
}
