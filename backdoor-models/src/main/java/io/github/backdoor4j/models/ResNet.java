package io.github.backdoor4j.models;

import io.github.backdoor4j.core.nn.FeatureLayout;
import io.github.backdoor4j.core.nn.Initializer;
import io.github.backdoor4j.core.nn.Layer;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.nn.Pass;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * The layers of the residual networks that normalise after each convolution.
 *
 * <p>Taps beside the layers: {@code relu} and, with the ImageNet stem, {@code maxpool}; {@code
 * layerN.M.reluK} after the K-th convolution of block M of stage N except the last, {@code
 * layerN.M} the block's output after its last ReLU, {@code layerN} the stage's output, {@code
 * avgpool} the features, N×8·width or, of bottlenecks, N×32·width.
 */
final class ResNet extends Network {

  private final ResidualDepth depth;
  private final ResNetOptions options;
  private final Layer.Conv2d conv1;
  private final Layer.BatchNorm2d bn1;
  private final List<Stage> stages = new ArrayList<>();
  private final Layer.Linear fc;

  ResNet(NetworkSpec spec, ResidualDepth depth, ResNetOptions options) {
    super(spec);
    this.depth = depth;
    this.options = options;
    int channels = options.width();
    this.conv1 =
        pools()
            ? conv("conv1", spec.input().channels(), channels, 7, 2)
            : conv("conv1", spec.input().channels(), channels, 3, 1);
    this.bn1 = batchNorm2d("bn1", channels);
    tapPoint("relu");
    if (pools()) {
      tapPoint("maxpool");
    }
    for (int n = 1; n <= depth.stages(); n++) {
      Stage stage = new Stage(n, channels, options.width() << (n - 1), n == 1 ? 1 : 2);
      stages.add(stage);
      channels = stage.out;
    }
    tapPoint("avgpool");
    this.fc = linear("fc", channels, spec.classes());
  }

  private boolean pools() {
    return options.stem() == ResNetOptions.Stem.IMAGENET;
  }

  private Layer.Conv2d conv(String name, int in, int out, int kernel, int stride) {
    Layer.Conv2d layer = conv2d(name, in, out, kernel, stride, kernel / 2, false);
    initializeBy(name + ".weight", Initializer.kaimingFanOut(out * kernel * kernel));
    return layer;
  }

  @Override
  protected Tensor forward(Pass pass, Tensor images) {
    Tensor x = pass.block(() -> stem(pass, images));
    for (Stage stage : stages) {
      x = stage.apply(pass, x);
    }
    return fc.apply(pass, pass.tap("avgpool", x.mean(2, 3)));
  }

  private Tensor stem(Pass pass, Tensor images) {
    Tensor x = pass.relu("relu", bn1.apply(pass, conv1.apply(pass, images)));
    return pools() ? pass.tap("maxpool", Pooling.max3x3(x)) : x;
  }

  @Override
  protected Network blank() {
    return new ResNet(spec(), depth, options);
  }

  @Override
  public FeatureLayout features() {
    String map = "layer" + depth.stages();
    List<String> taps = stages.stream().map(stage -> stage.name).toList();
    return new FeatureLayout(map, "avgpool", "fc", map).withStages(taps, lastBlockInput());
  }

  private String lastBlockInput() {
    List<Block> blocks = stages.get(stages.size() - 1).blocks;
    return blocks.get(blocks.size() - 2).name; // each stage has two blocks at least
  }

  /** Blocks of one resolution; the first may halve it. */
  private final class Stage {

    private final String name;
    private final int out;
    private final List<Block> blocks = new ArrayList<>();

    Stage(int number, int in, int channels, int stride) {
      name = "layer" + number;
      out = channels * depth.expansion();
      for (int m = 0; m < depth.blocks(number); m++) {
        blocks.add(
            new Block(name + "." + m, m == 0 ? in : out, channels, out, m == 0 ? stride : 1));
      }
      tapPoint(name);
    }

    Tensor apply(Pass pass, Tensor x) {
      Tensor y = x;
      for (Block block : blocks) {
        Tensor input = y;
        y = pass.block(() -> block.apply(pass, input));
      }
      return pass.tap(name, y);
    }
  }

  /** A convolution and the normalisation of its output. */
  private record Unit(Layer.Conv2d conv, Layer.BatchNorm2d norm) {

    Tensor apply(Pass pass, Tensor x) {
      return norm.apply(pass, conv.apply(pass, x));
    }
  }

  /** Two or three units with ReLU between, plus a shortcut, and ReLU. */
  private final class Block {

    private final String name;
    private final List<Unit> units = new ArrayList<>();
    private final @Nullable Unit downsample;

    Block(String name, int in, int channels, int out, int stride) {
      this.name = name;
      for (ResidualDepth.Convolution c : depth.convolutions(in, channels, stride)) {
        units.add(unit(units.size() + 1, c));
      }
      for (int k = 1; k < units.size(); k++) {
        tapPoint(relu(k));
      }
      boolean sameShape = stride == 1 && in == out;
      downsample = sameShape ? null : projection(in, out, stride);
      tapPoint(name);
    }

    private Unit unit(int k, ResidualDepth.Convolution c) {
      return new Unit(
          conv(name + ".conv" + k, c.in(), c.out(), c.kernel(), c.stride()),
          batchNorm2d(name + ".bn" + k, c.out()));
    }

    private Unit projection(int in, int out, int stride) {
      return new Unit(
          conv(name + ".downsample.0", in, out, 1, stride),
          batchNorm2d(name + ".downsample.1", out));
    }

    private String relu(int k) {
      return name + ".relu" + k;
    }

    Tensor apply(Pass pass, Tensor x) {
      Tensor y = units.get(0).apply(pass, x);
      for (int k = 1; k < units.size(); k++) {
        y = units.get(k).apply(pass, pass.relu(relu(k), y));
      }
      Tensor skipped = downsample == null ? x : downsample.apply(pass, x);
      return pass.tap(name, torch.relu(y.add(skipped)));
    }
  }
}
