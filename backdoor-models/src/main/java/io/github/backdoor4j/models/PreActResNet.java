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
 * The layers of {@link PreActResNet18}.
 *
 * <p>Taps beside the layers: {@code layerN.M.relu1} and {@code layerN.M.relu2} within block M of
 * stage N, {@code layerN.M} its output, {@code layerN} the stage's output, {@code avgpool} the
 * features N×8·width.
 */
final class PreActResNet extends Network {

  private static final int STAGES = 4;
  private static final int BLOCKS = 2;

  private final PreActResNet18.Options options;
  private final Layer.Conv2d stem;
  private final List<Stage> stages = new ArrayList<>();
  private final Layer.Linear linear;

  PreActResNet(NetworkSpec spec, PreActResNet18.Options options) {
    super(spec);
    this.options = options;
    int channels = options.width();
    this.stem = conv2d("conv1", spec.input().channels(), channels, 3, 1, 1, false);
    for (int n = 1; n <= STAGES; n++) {
      int out = options.width() << (n - 1);
      stages.add(new Stage("layer" + n, channels, out, n == 1 ? 1 : 2));
      channels = out;
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
    return new PreActResNet(spec(), options);
  }

  @Override
  public FeatureLayout features() {
    return new FeatureLayout("layer" + STAGES, "avgpool", "linear");
  }

  /** Blocks of one resolution; the first may halve it. */
  private final class Stage {

    private final String name;
    private final List<Block> blocks = new ArrayList<>();

    Stage(String name, int in, int out, int stride) {
      this.name = name;
      for (int m = 0; m < BLOCKS; m++) {
        blocks.add(new Block(name + "." + m, m == 0 ? in : out, out, m == 0 ? stride : 1));
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

  /** conv2(relu(bn2(conv1(a)))) + shortcut, where a = relu(bn1(x)). */
  private final class Block {

    private final String name;
    private final String relu1;
    private final String relu2;
    private final Layer.BatchNorm2d bn1;
    private final Layer.Conv2d conv1;
    private final Layer.BatchNorm2d bn2;
    private final Layer.Conv2d conv2;
    private final Layer.@Nullable Conv2d shortcut;

    Block(String name, int in, int out, int stride) {
      this.name = name;
      bn1 = batchNorm2d(name + ".bn1", in);
      relu1 = tapPoint(name + ".relu1");
      conv1 = conv2d(name + ".conv1", in, out, 3, stride, 1, false);
      bn2 = batchNorm2d(name + ".bn2", out);
      relu2 = tapPoint(name + ".relu2");
      conv2 = conv2d(name + ".conv2", out, out, 3, 1, 1, false);
      boolean sameShape = stride == 1 && in == out;
      shortcut = sameShape ? null : conv2d(name + ".shortcut.0", in, out, 1, stride, 0, false);
      tapPoint(name);
    }

    Tensor apply(Pass pass, Tensor x) {
      Tensor a = pass.relu(relu1, bn1.apply(pass, x));
      // the projection sees the activated input, the identity the raw one
      Tensor skipped = shortcut == null ? x : shortcut.apply(pass, a);
      Tensor y = pass.relu(relu2, bn2.apply(pass, conv1.apply(pass, a)));
      // not in place: a tap may hold the output of conv2
      return pass.tap(name, conv2.apply(pass, y).add(skipped));
    }
  }
}
