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
 * The layers of {@link MobileNetV3Large}.
 *
 * <p>Taps beside the layers: {@code features.N} the output of block N, {@code features.N.block.K.2}
 * the activations within, {@code features.N.block.2} the scaled maps of squeeze-and-excitation and
 * the steps to them, {@code features.0.2} and {@code features.16.2} the activations of stem and
 * last convolution, {@code avgpool} the features N×960 at multiplier 1, {@code classifier.1} the
 * hidden activations.
 */
final class MobileNetV3Network extends InvertedResiduals {

  private static final UnaryOperator<Tensor> RELU = torch::relu;
  private static final UnaryOperator<Tensor> HARD_SWISH = torch::hardswish;
  private static final int STEM = 16;
  private static final int HIDDEN = 1280;
  private static final int LAST_EXPANSION = 6;
  private static final double DROPOUT = 0.2;

  /** A row of the paper's table 1: kernel, expansion, output, squeezed, activation, stride. */
  private record Row(
      int kernel,
      int expanded,
      int out,
      boolean squeezed,
      UnaryOperator<Tensor> activation,
      int stride) {}

  private static final List<Row> TABLE_1 =
      List.of(
          new Row(3, 16, 16, false, RELU, 1),
          new Row(3, 64, 24, false, RELU, 2),
          new Row(3, 72, 24, false, RELU, 1),
          new Row(5, 72, 40, true, RELU, 2),
          new Row(5, 120, 40, true, RELU, 1),
          new Row(5, 120, 40, true, RELU, 1),
          new Row(3, 240, 80, false, HARD_SWISH, 2),
          new Row(3, 200, 80, false, HARD_SWISH, 1),
          new Row(3, 184, 80, false, HARD_SWISH, 1),
          new Row(3, 184, 80, false, HARD_SWISH, 1),
          new Row(3, 480, 112, true, HARD_SWISH, 1),
          new Row(3, 672, 112, true, HARD_SWISH, 1),
          new Row(5, 672, 160, true, HARD_SWISH, 2),
          new Row(5, 960, 160, true, HARD_SWISH, 1),
          new Row(5, 960, 160, true, HARD_SWISH, 1));

  private final MobileNetV3Large.Options options;
  private final Unit stem;
  private final List<Block> blocks = new ArrayList<>();
  private final Unit last;
  private final Layer.Linear hidden;
  private final Layer.Linear classifier;

  MobileNetV3Network(NetworkSpec spec, MobileNetV3Large.Options options) {
    super(spec, new Style(1e-3, 1e-2, RELU, torch::hardsigmoid));
    this.options = options;
    int channels = scaled(STEM);
    stem = new Unit("features.0", spec.input().channels(), channels, 3, 2, 1, HARD_SWISH);
    for (Row row : TABLE_1) {
      blocks.add(new Block("features." + (blocks.size() + 1), shape(channels, row)));
      channels = scaled(row.out());
    }
    int most = LAST_EXPANSION * channels;
    last = new Unit("features." + (blocks.size() + 1), channels, most, 1, 1, 1, HARD_SWISH);
    tapPoint("avgpool");
    hidden = affine("classifier.0", most, scaled(HIDDEN));
    tapPoint("classifier.1");
    classifier = affine("classifier.3", scaled(HIDDEN), spec.classes());
  }

  private int scaled(int channels) {
    return divisible(channels * options.widthMultiplier());
  }

  private Shape shape(int in, Row row) {
    int expanded = scaled(row.expanded());
    return new Shape(
        in,
        expanded,
        scaled(row.out()),
        row.kernel(),
        row.stride(),
        row.squeezed() ? divisible(Math.floorDiv(expanded, 4)) : 0,
        row.activation(),
        0);
  }

  private Layer.Linear affine(String name, int in, int out) {
    Layer.Linear layer = linear(name, in, out);
    initializeBy(name + ".weight", Initializer.normal(0.01));
    initializeBy(name + ".bias", Initializer.constant(0));
    return layer;
  }

  @Override
  protected Tensor forward(Pass pass, Tensor images) {
    Tensor x = pass.block(() -> stem.apply(pass, images));
    for (Block block : blocks) {
      x = block.apply(pass, x);
    }
    x = pass.tap("avgpool", last.apply(pass, x).mean(2, 3));
    x = pass.tap("classifier.1", HARD_SWISH.apply(hidden.apply(pass, x)));
    return classifier.apply(pass, pass.dropout(x, DROPOUT));
  }

  @Override
  protected Network blank() {
    return new MobileNetV3Network(spec(), options);
  }

  @Override
  public FeatureLayout features() {
    String map = "features." + (blocks.size() + 1) + ".2";
    return withStages(new FeatureLayout(map, "avgpool", "classifier.0"), blocks);
  }
}
