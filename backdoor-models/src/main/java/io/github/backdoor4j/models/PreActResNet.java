package io.github.backdoor4j.models;

import io.github.backdoor4j.core.nn.FeatureLayout;
import io.github.backdoor4j.core.nn.Layer;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.nn.Pass;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The layers of the pre-activation residual networks.
 *
 * <p>Taps beside the layers: {@code layerN.M.reluK} before the K-th convolution of block M of stage
 * N, {@code layerN.M} the block's output, {@code layerN} the stage's output, {@code avgpool} the
 * features, N×8·width or, of bottlenecks, N×32·width.
 */
final class PreActResNet extends Network {

  private final ResidualDepth depth;
  private final PreActResNet18.Options options;
  private final Layer.Conv2d stem;
  private final List<Stage> stages = new ArrayList<>();
  private final Layer.Linear linear;

  PreActResNet(NetworkSpec spec, ResidualDepth depth, PreActResNet18.Options options) {
    super(spec);
    this.depth = depth;
    this.options = options;
    int channels = options.width();
    this.stem = conv2d("conv1", spec.input().channels(), channels, 3, 1, 1, false);
    for (int n = 1; n <= depth.stages(); n++) {
      Stage stage = new Stage(n, channels, options.width() << (n - 1), n == 1 ? 1 : 2);
      stages.add(stage);
      channels = stage.out;
    }
    tapPoint("avgpool");
    this.linear = linear("linear", channels, spec.classes());
  }

  @Override
  protected Tensor forward(Pass pass, Tensor images) {
    Tensor x = stem.apply(pass, images);
    for (Stage stage : stages) {
      x = stage.apply(pass, x);
    }
    return linear.apply(pass, pass.tap("avgpool", x.mean(2, 3)));
  }

  @Override
  protected Network blank() {
    return new PreActResNet(spec(), depth, options);
  }

  @Override
  public FeatureLayout features() {
    List<String> taps = stages.stream().map(stage -> stage.name).toList();
    return new FeatureLayout("layer" + depth.stages(), "avgpool", "linear")
        .withStages(taps, lastBlockInput());
  }

  private String lastBlockInput() {
    List<Block> blocks = stages.get(stages.size() - 1).blocks;
    return blocks.get(blocks.size() - 1).units.get(0).relu();
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

  /** A convolution and what comes before it. */
  private record Unit(Layer.BatchNorm2d norm, String relu, Layer.Conv2d conv) {

    Tensor activate(Pass pass, Tensor x) {
      return pass.relu(relu, norm.apply(pass, x));
    }
  }

  /** Two or three units after one another, plus a shortcut. */
  private final class Block {

    private final String name;
    private final List<Unit> units = new ArrayList<>();
    private final Layer.@Nullable Conv2d shortcut;

    Block(String name, int in, int channels, int out, int stride) {
      this.name = name;
      for (ResidualDepth.Convolution conv : depth.convolutions(in, channels, stride)) {
        units.add(unit(units.size() + 1, conv));
      }
      boolean sameShape = stride == 1 && in == out;
      shortcut = sameShape ? null : conv2d(name + ".shortcut.0", in, out, 1, stride, 0, false);
      tapPoint(name);
    }

    private Unit unit(int k, ResidualDepth.Convolution c) {
      return new Unit(
          batchNorm2d(name + ".bn" + k, c.in()),
          tapPoint(name + ".relu" + k),
          conv2d(name + ".conv" + k, c.in(), c.out(), c.kernel(), c.stride(), c.padding(), false));
    }

    Tensor apply(Pass pass, Tensor x) {
      Tensor a = units.get(0).activate(pass, x);
      // the projection sees the activated input, the identity the raw one
      Tensor skipped = shortcut == null ? x : shortcut.apply(pass, a);
      Tensor y = units.get(0).conv().apply(pass, a);
      for (Unit unit : units.subList(1, units.size())) {
        y = unit.conv().apply(pass, unit.activate(pass, y));
      }
      // not in place: a tap may hold the output of the last convolution
      return pass.tap(name, y.add(skipped));
    }
  }
}
