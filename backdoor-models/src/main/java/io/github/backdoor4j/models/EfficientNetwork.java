package io.github.backdoor4j.models;

import io.github.backdoor4j.core.nn.FeatureLayout;
import io.github.backdoor4j.core.nn.Initializer;
import io.github.backdoor4j.core.nn.Layer;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.nn.Pass;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The layers of {@link EfficientNetB3}.
 *
 * <p>Taps beside the layers: {@code features.N.M} the output of block M of stage N, {@code
 * features.N.M.block.K.2} the activations within and those of squeeze-and-excitation, {@code
 * features.0.2} and {@code features.8.2} the activations of stem and last convolution, {@code
 * avgpool} the features N×1536 at multiplier 1.2.
 */
final class EfficientNetwork extends InvertedResiduals {

  private static final UnaryOperator<Tensor> SILU = torch::silu;
  private static final int STEM = 32;
  private static final int LAST_EXPANSION = 4;
  private static final double DROPOUT = 0.3; // of variant B3
  private static final double DROPPED_BLOCKS = 0.2; // of a block beyond the last

  /** A row of the paper's table 1. */
  private record Row(int expansion, int kernel, int stride, int out, int layers) {}

  private static final List<Row> TABLE_1 =
      List.of(
          new Row(1, 3, 1, 16, 1),
          new Row(6, 3, 2, 24, 2),
          new Row(6, 5, 2, 40, 2),
          new Row(6, 3, 2, 80, 3),
          new Row(6, 5, 1, 112, 3),
          new Row(6, 5, 2, 192, 4),
          new Row(6, 3, 1, 320, 1));

  private final EfficientNetB3.Options options;
  private final Unit stem;
  private final List<Block> blocks = new ArrayList<>();
  private final Unit last;
  private final Layer.Linear classifier;

  EfficientNetwork(NetworkSpec spec, EfficientNetB3.Options options) {
    super(spec, new Style(1e-5, 0.1, SILU, torch::sigmoid));
    this.options = options;
    int channels = scaled(STEM);
    stem = new Unit("features.0", spec.input().channels(), channels, 3, 2, 1, SILU);
    for (int n = 0; n < TABLE_1.size(); n++) {
      channels = addStage("features." + (n + 1), TABLE_1.get(n), channels);
    }
    int most = LAST_EXPANSION * channels;
    last = new Unit(lastName(), channels, most, 1, 1, 1, SILU);
    tapPoint("avgpool");
    classifier = linear("classifier.1", most, spec.classes());
    // torchvision takes the number of outputs where others take that of inputs
    initializeBy("classifier.1.weight", Initializer.fanIn(spec.classes()));
    initializeBy("classifier.1.bias", Initializer.constant(0));
  }

  private static String lastName() {
    return "features." + (TABLE_1.size() + 1);
  }

  private int scaled(int channels) {
    return divisible(channels * options.widthMultiplier());
  }

  private int layers(Row row) {
    return (int) Math.ceil(row.layers() * options.depthMultiplier());
  }

  private int addStage(String name, Row row, int in) {
    int out = scaled(row.out());
    for (int m = 0; m < layers(row); m++) {
      blocks.add(
          new Block(name + "." + m, m == 0 ? shape(row, in, row.stride()) : shape(row, out, 1)));
    }
    return out;
  }

  private Shape shape(Row row, int in, int stride) {
    int total = TABLE_1.stream().mapToInt(this::layers).sum();
    return new Shape(
        in,
        divisible((double) in * row.expansion()),
        scaled(row.out()),
        row.kernel(),
        stride,
        Math.max(1, in / 4),
        SILU,
        DROPPED_BLOCKS * blocks.size() / total);
  }

  @Override
  protected Tensor forward(Pass pass, Tensor images) {
    Tensor x = pass.block(() -> stem.apply(pass, images));
    for (Block block : blocks) {
      x = block.apply(pass, x);
    }
    x = pass.tap("avgpool", last.apply(pass, x).mean(2, 3));
    return classifier.apply(pass, pass.dropout(x, DROPOUT));
  }

  @Override
  protected Network blank() {
    return new EfficientNetwork(spec(), options);
  }

  @Override
  public FeatureLayout features() {
    return withStages(new FeatureLayout(lastName() + ".2", "avgpool", "classifier.1"), blocks);
  }
}
