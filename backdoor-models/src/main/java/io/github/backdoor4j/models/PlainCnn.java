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
 * A small network for quick runs and tests: three times convolution, batch normalisation and ReLU
 * with max pooling between, global average pooling, one affine layer. Not from a paper.
 */
public final class PlainCnn implements Architecture<PlainCnn.Options> {

  private static final int LEAST_SIDE = 4;

  /**
   * Options of the architecture.
   *
   * @param width channels of the first convolution; the next two have 2 and 4 times as many
   */
  public record Options(
      @Doc(
              value = "channels of the first convolution; the next two have 2 and 4 times as many",
              range = "at least 1")
          int width) {

    public Options {
      requireAtLeast("width", width, 1);
    }
  }

  @Override
  public String id() {
    return "plain-cnn";
  }

  @Override
  public Options defaults(DatasetSpec data) {
    return new Options(16);
  }

  @Override
  public MethodCard card() {
    return new MethodCard(
        "Plain CNN",
        "Three convolutions with batch normalisation, for quick runs and tests",
        "none; its layers are those of S. Ioffe, C. Szegedy: Batch Normalization, ICML 2015",
        "https://arxiv.org/abs/1502.03167",
        "none: an architecture",
        "architecture",
        "2.8 million multiply-adds per 32x32 image at width 16; quadratic in the width",
        List.of());
  }

  /**
   * Builds the network for images of at least 4×4 pixels.
   *
   * @throws io.github.backdoor4j.core.UsageException if the images are smaller
   */
  @Override
  public Network build(NetworkSpec spec, Options options) {
    ImageShape input = spec.input();
    require(
        Math.min(input.height(), input.width()) >= LEAST_SIDE,
        "plain-cnn needs images of at least %dx%d pixels, but they are %s",
        LEAST_SIDE,
        LEAST_SIDE,
        input);
    return new PlainNetwork(spec, options);
  }
}
