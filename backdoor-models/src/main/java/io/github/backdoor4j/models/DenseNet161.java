package io.github.backdoor4j.models;

import static io.github.backdoor4j.core.Checks.requireAtLeast;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.record.Doc;
import io.github.backdoor4j.core.spi.Architecture;
import io.github.backdoor4j.core.spi.MethodCard;
import java.util.List;

/**
 * DenseNet-161 with torchvision's layers, parameter names and first weights.
 *
 * @see <a href="https://arxiv.org/abs/1608.06993">Huang et al., Densely Connected Convolutional
 *     Networks, 2016</a>
 */
public final class DenseNet161 implements Architecture<DenseNet161.Options> {

  private static final int LEAST_SIDE = 32; // halved five times

  /**
   * Options of the architecture.
   *
   * @param growth channels that each dense layer adds; the stem has twice as many
   */
  public record Options(
      @Doc(
              value =
                  "channels that each dense layer adds, and half of the stem's; 48 in the published"
                      + " weights",
              range = "at least 1")
          int growth) {

    public Options {
      requireAtLeast("growth", growth, 1);
    }
  }

  @Override
  public String id() {
    return "densenet161";
  }

  @Override
  public List<String> aliases() {
    return List.of("densenet-161");
  }

  @Override
  public Options defaults(DatasetSpec data) {
    return new Options(48);
  }

  @Override
  public MethodCard card() {
    return new MethodCard(
        "DenseNet-161",
        "Network of 78 dense layers that each see all maps before them, with torchvision's layers,"
            + " names and first weights",
        "G. Huang, Z. Liu, L. van der Maaten, K. Q. Weinberger: Densely Connected Convolutional"
            + " Networks, CVPR 2017",
        "https://arxiv.org/abs/1608.06993",
        "none: an architecture",
        "architecture",
        "0.16 billion multiply-adds per 32x32 image at growth 48; quadratic in the growth",
        List.of(
            "images of 32x32 pixels are one pixel when they reach the last dense block; the paper's"
                + " networks for small images begin without the stem's two halvings"));
  }

  /**
   * Builds the network for images of at least 32×32 pixels.
   *
   * @throws io.github.backdoor4j.core.UsageException if the images are smaller
   */
  @Override
  public Network build(NetworkSpec spec, Options options) {
    Sides.requireAtLeast(id(), spec.input(), LEAST_SIDE);
    return new DenseNetwork(spec, options);
  }
}
