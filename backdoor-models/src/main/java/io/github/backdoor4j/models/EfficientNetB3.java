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
 * EfficientNet-B3 with torchvision's layers, parameter names and first weights.
 *
 * @see <a href="https://arxiv.org/abs/1905.11946">Tan, Le, EfficientNet: Rethinking Model Scaling
 *     for Convolutional Neural Networks, 2019</a>
 */
public final class EfficientNetB3 implements Architecture<EfficientNetB3.Options> {

  private static final int LEAST_SIDE = 32; // halved five times

  /**
   * Options of the architecture.
   *
   * @param widthMultiplier factor of all numbers of channels, which are then rounded to multiples
   *     of 8
   * @param depthMultiplier factor of the numbers of blocks per stage, rounded up
   */
  public record Options(
      @Doc(
              value =
                  "factor of all numbers of channels, then rounded to multiples of 8; 1.2 in the"
                      + " published weights",
              range = "above 0")
          double widthMultiplier,
      @Doc(
              value =
                  "factor of the numbers of blocks per stage, rounded up; 1.4 in the published"
                      + " weights",
              range = "above 0")
          double depthMultiplier) {

    public Options {
      requirePositive("width_multiplier", widthMultiplier);
      requirePositive("depth_multiplier", depthMultiplier);
    }
  }

  @Override
  public String id() {
    return "efficientnet-b3";
  }

  @Override
  public List<String> aliases() {
    return List.of("efficientnetb3");
  }

  @Override
  public Options defaults(DatasetSpec data) {
    return new Options(1.2, 1.4);
  }

  @Override
  public MethodCard card() {
    return new MethodCard(
        "EfficientNet-B3",
        "Network of inverted residuals with squeeze-and-excitation, scaled in width and depth"
            + " together, with torchvision's layers, names and first weights",
        "M. Tan, Q. V. Le: EfficientNet: Rethinking Model Scaling for Convolutional Neural"
            + " Networks, ICML 2019",
        "https://arxiv.org/abs/1905.11946",
        "none: an architecture",
        "architecture",
        "21 million multiply-adds per 32x32 image with the defaults; quadratic in the width multiplier",
        List.of(
            "images keep their size; the paper's third scaling, to 300x300 pixels, is left to the"
                + " data set, as in the benchmark"));
  }

  /**
   * Builds the network for images of at least 32×32 pixels.
   *
   * @throws io.github.backdoor4j.core.UsageException if the images are smaller
   */
  @Override
  public Network build(NetworkSpec spec, Options options) {
    Sides.requireAtLeast(id(), spec.input(), LEAST_SIDE);
    return new EfficientNetwork(spec, options);
  }
}
