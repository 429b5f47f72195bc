package io.github.backdoor4j.models;

import static io.github.backdoor4j.core.Checks.require;

import io.github.backdoor4j.core.Download;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.nn.StartWeights;
import io.github.backdoor4j.core.record.Doc;
import io.github.backdoor4j.core.spi.Architecture;
import io.github.backdoor4j.core.spi.MethodCard;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * ViT-B/16 with torchvision's layers, parameter names and first weights. Images of another size are
 * resized within the network.
 *
 * @see <a href="https://arxiv.org/abs/2010.11929">Dosovitskiy et al., An Image is Worth 16x16
 *     Words: Transformers for Image Recognition at Scale, 2020</a>
 */
public final class VitB16 implements Architecture<VitB16.Options> {

  private static final int LEAST_SIDE = 8;
  private static final Download PUBLISHED = Pretrained.torchvision("vit_b_16-c867db91.pth");

  /** Layers of the perceptron as they are named in the published file, and as they are today. */
  private static final Map<String, String> RENAMED =
      Map.of(".mlp.linear_1.", ".mlp.0.", ".mlp.linear_2.", ".mlp.3.");

  /**
   * Options of the architecture.
   *
   * @param imageSize side in pixels to which normalised images are resized: bilinearly, without
   *     anti-aliasing, corners not aligned
   * @param width features per patch; one attention head for each 64 of them
   * @param pretrained weights that training starts from: {@code none}, {@code imagenet} for
   *     torchvision's as fetched, or the path of a file; position embeddings of another image size
   *     are resized, see {@link #fitted}
   */
  public record Options(
      @Doc(
              value =
                  "side in pixels to which normalised images are resized; 224 in the published"
                      + " weights",
              range = "multiples of 16")
          int imageSize,
      @Doc(
              value =
                  "features per patch, 64 for each attention head; 768 in the published weights,"
                      + " 384 and 192 are known as ViT-S and ViT-Ti",
              range = "multiples of 64")
          int width,
      @Doc(value = Pretrained.DOC, range = Pretrained.RANGE) String pretrained) {

    public Options {
      requireMultiple("image_size", imageSize, VisionTransformer.PATCH);
      requireMultiple("width", width, VisionTransformer.HEAD);
      Pretrained.check(pretrained);
    }

    /** Starting from drawn weights. */
    public Options(int imageSize, int width) {
      this(imageSize, width, Pretrained.NONE);
    }

    private static void requireMultiple(String name, int value, int of) {
      require(
          value >= of && value % of == 0,
          "%s must be at least %d and a multiple of it, but was %d",
          name,
          of,
          value);
    }
  }

  @Override
  public String id() {
    return "vit-b-16";
  }

  @Override
  public List<String> aliases() {
    return List.of("vit-b16");
  }

  @Override
  public Options defaults(DatasetSpec data) {
    return new Options(224, 768);
  }

  @Override
  public MethodCard card() {
    return new MethodCard(
        "ViT-B/16",
        "Transformer of twelve layers over patches of 16x16 pixels, with torchvision's layers,"
            + " names and first weights",
        "A. Dosovitskiy, L. Beyer, A. Kolesnikov et al.: An Image is Worth 16x16 Words: Transformers"
            + " for Image Recognition at Scale, ICLR 2021",
        "https://arxiv.org/abs/2010.11929",
        "none: an architecture",
        "architecture",
        "17.6 billion multiply-adds per image at the defaults, whatever the image's own size",
        List.of(
            "images are resized to 224x224 pixels within the network, after normalisation, as in"
                + " the benchmark",
            "the benchmark starts from weights trained on ImageNet, here pretrained=imagenet; from"
                + " scratch on small images the network stays far below the others"));
  }

  /**
   * Builds the network for images of at least 8×8 pixels.
   *
   * @throws io.github.backdoor4j.core.UsageException if the images are smaller
   */
  @Override
  public Network build(NetworkSpec spec, Options options) {
    Sides.requireAtLeast(id(), spec.input(), LEAST_SIDE);
    return new VisionTransformer(spec, options);
  }

  /**
   * Fits the weights of a network to another image size: the position embeddings of the patches,
   * seen as an image of one pixel per patch, are resized bicubically with aligned corners. That of
   * the class token stays, as do all other weights.
   *
   * @param state names and values, for example of a weight file
   * @param imageSize the option {@code image_size} of the network they are for
   * @return the same names; values that need no change are the very tensors given
   * @throws io.github.backdoor4j.core.UsageException if there are no position embeddings, if they
   *     are not those of a square image, or if the size is no multiple of 16
   * @see <a href="https://arxiv.org/abs/2010.11929">§3.2 of the paper</a>
   */
  public static Map<String, Tensor> fitted(Map<String, Tensor> state, int imageSize) {
    Options.requireMultiple("image_size", imageSize, VisionTransformer.PATCH);
    Tensor positions = state.get(VisionTransformer.POSITIONS);
    require(
        positions != null,
        "the weights have no '%s'; only those of a vision transformer can be fitted",
        VisionTransformer.POSITIONS);
    Map<String, Tensor> fitted = new LinkedHashMap<>(state);
    fitted.put(
        VisionTransformer.POSITIONS,
        PositionEmbeddings.resized(
            java.util.Objects.requireNonNull(positions), imageSize / VisionTransformer.PATCH));
    return fitted;
  }

  @Override
  public List<Download> publishedWeights() {
    return List.of(PUBLISHED);
  }

  @Override
  public Optional<StartWeights> startWeights(Options options) {
    return Pretrained.weights(
        id(),
        options.pretrained(),
        PUBLISHED,
        state -> fitted(renamed(state), options.imageSize()));
  }

  /** Torchvision renamed the perceptron after it had published the file. */
  private static Map<String, Tensor> renamed(Map<String, Tensor> state) {
    Map<String, Tensor> result = new LinkedHashMap<>();
    state.forEach(
        (name, tensor) -> {
          String today = name;
          for (Map.Entry<String, String> change : RENAMED.entrySet()) {
            today = today.replace(change.getKey(), change.getValue());
          }
          result.put(today, tensor);
        });
    return result;
  }
}
