package io.github.backdoor4j.models;

import static io.github.backdoor4j.core.Checks.requirePositive;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.record.Doc;
import io.github.backdoor4j.core.spi.Architecture;
import io.github.backdoor4j.core.spi.MethodCard;
import java.util.List;

/**
 * MobileNetV3-Large with torchvision's layers, parameter names and first weights.
 *
 * @see <a href="https://arxiv.org/abs/1905.02244">Howard et al., Searching for MobileNetV3,
 *     2019</a>
 */
public final class MobileNetV3Large implements Architecture<MobileNetV3Large.Options> {

  private static final int LEAST_SIDE = 32; // halved five times

  /**
   * Options of the architecture.
   *
   * @param widthMultiplier factor of all numbers of channels, which are then rounded to multiples
   *     of 8
   */
  public record Options(
      @Doc(
              value =
                  "factor of all numbers of channels, then rounded to multiples of 8; 1 in the"
                      + " published weights",
              range = "above 0")
          double widthMultiplier) {

    public Options {
      requirePositive("width_multiplier", widthMultiplier);
    }
  }

  @Override
  public String id() {
    return "mobilenet-v3-large";
  }

  @Override
  public List<String> aliases() {
    return List.of("mobilenetv3-large");
  }

  @Override
  public Options defaults(DatasetSpec data) {
    return new Options(1);
  }

  @Override
  public MethodCard card() {
    return new MethodCard(
        "MobileNetV3-Large",
        "Small network of inverted residuals with squeeze-and-excitation, with torchvision's"
            + " layers, names and first weights",
        "A. Howard, M. Sandler, G. Chu et al.: Searching for MobileNetV3, ICCV 2019",
        "https://arxiv.org/abs/1905.02244",
        "none: an architecture",
        "architecture",
        "7.1 million multiply-adds per 32x32 image at multiplier 1; quadratic in the multiplier",
        List.of(
            "images of 32x32 pixels are one pixel when they reach the last blocks, as in the"
                + " benchmark"));
  }

  /**
   * Builds the network for images of at least 32×32 pixels.
   *
   * @throws io.github.backdoor4j.core.UsageException if the images are smaller
   */
  @Override
  public Network build(NetworkSpec spec, Options options) {
    Sides.requireAtLeast(id(), spec.input(), LEAST_SIDE);
    return new MobileNetV3Network(spec, options);
  }
}
