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
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * The layers of {@link DenseNet161}.
 *
 * <p>Taps beside the layers, all within {@code features}: {@code relu0}, {@code pool0}, {@code
 * denseblockB.denselayerL.reluK}, {@code denseblockB} its output, {@code transitionB.relu} and
 * {@code .pool}, {@code relu5} the last map; then {@code avgpool}, the features N×46·growth.
 */
final class DenseNetwork extends Network {

  private static final int[] LAYERS = {6, 12, 36, 24};
  private static final int BOTTLENECK = 4; // channels of a 1×1 convolution over the growth

  private final DenseNet161.Options options;
  private final Layer.Conv2d conv0;
  private final Layer.BatchNorm2d norm0;
  private final List<DenseBlock> blocks = new ArrayList<>();
  private final List<Transition> transitions = new ArrayList<>();
  private final Layer.BatchNorm2d norm5;
  private final Layer.Linear classifier;

  DenseNetwork(NetworkSpec spec, DenseNet161.Options options) {
    super(spec);
    this.options = options;
    int channels = 2 * options.growth();
    conv0 = conv("features.conv0", spec.input().channels(), channels, 7, 2);
    norm0 = batchNorm2d("features.norm0", channels);
    tapPoint("features.relu0");
    tapPoint("features.pool0");
    for (int b = 1; b <= LAYERS.length; b++) {
      blocks.add(new DenseBlock("features.denseblock" + b, LAYERS[b - 1], channels));
      channels += LAYERS[b - 1] * options.growth();
      if (b < LAYERS.length) {
        transitions.add(new Transition("features.transition" + b, channels));
        channels /= 2;
      }
    }
    norm5 = batchNorm2d("features.norm5", channels);
    tapPoint("features.relu5");
    tapPoint("avgpool");
    classifier = linear("classifier", channels, spec.classes());
    initializeBy("classifier.bias", Initializer.constant(0));
  }

  private Layer.Conv2d conv(String name, int in, int out, int kernel, int stride) {
    Layer.Conv2d layer = conv2d(name, in, out, kernel, stride, kernel / 2, false);
    initializeBy(name + ".weight", Initializer.normal(Math.sqrt(2.0 / (in * kernel * kernel))));
    return layer;
  }

  @Override
  protected Tensor forward(Pass pass, Tensor images) {
    Tensor x = pass.block(() -> stem(pass, images));
    for (int b = 0; b < blocks.size(); b++) {
      x = blocks.get(b).apply(pass, x);
      if (b < transitions.size()) {
        x = transitions.get(b).apply(pass, x);
      }
    }
    Tensor map = pass.relu("features.relu5", norm5.apply(pass, x));
    return classifier.apply(pass, pass.tap("avgpool", map.mean(2, 3)));
  }

  private Tensor stem(Pass pass, Tensor images) {
    Tensor x = pass.relu("features.relu0", norm0.apply(pass, conv0.apply(pass, images)));
    return pass.tap("features.pool0", Pooling.max3x3(x));
  }

  @Override
  protected Network blank() {
    return new DenseNetwork(spec(), options);
  }

  @Override
  public FeatureLayout features() {
    String map = "features.relu5";
    List<String> taps = new ArrayList<>();
    blocks.forEach(block -> taps.add(block.name));
    taps.set(taps.size() - 1, map); // the last block's output, normalised
    return new FeatureLayout(map, "avgpool", "classifier", map)
        .withStages(taps, transitions.get(transitions.size() - 1).pool);
  }

  /** Layers of one resolution. */
  private final class DenseBlock {

    private final String name;
    private final List<DenseLayer> layers = new ArrayList<>();

    DenseBlock(String name, int count, int in) {
      this.name = name;
      for (int l = 0; l < count; l++) {
        layers.add(new DenseLayer(name + ".denselayer" + (l + 1), in + l * options.growth()));
      }
      tapPoint(name);
    }

    Tensor apply(Pass pass, Tensor x) {
      return pass.tap(name, pass.block(() -> applyLayers(pass, x)));
    }

    private Tensor applyLayers(Pass pass, Tensor x) {
      Tensor all = x;
      for (DenseLayer layer : layers) {
        Tensor before = all;
        all = pass.block(() -> torch.cat(new TensorVector(before, layer.apply(pass, before)), 1));
      }
      return all;
    }
  }

  /** New maps from all maps before. */
  private final class DenseLayer {

    private final String relu1;
    private final String relu2;
    private final Layer.BatchNorm2d norm1;
    private final Layer.Conv2d conv1;
    private final Layer.BatchNorm2d norm2;
    private final Layer.Conv2d conv2;

    DenseLayer(String name, int in) {
      int within = BOTTLENECK * options.growth();
      norm1 = batchNorm2d(name + ".norm1", in);
      relu1 = tapPoint(name + ".relu1");
      conv1 = conv(name + ".conv1", in, within, 1, 1);
      norm2 = batchNorm2d(name + ".norm2", within);
      relu2 = tapPoint(name + ".relu2");
      conv2 = conv(name + ".conv2", within, options.growth(), 3, 1);
    }

    Tensor apply(Pass pass, Tensor x) {
      Tensor y = conv1.apply(pass, pass.relu(relu1, norm1.apply(pass, x)));
      return conv2.apply(pass, pass.relu(relu2, norm2.apply(pass, y)));
    }
  }

  /** Half the channels, then half the size. */
  private final class Transition {

    private final String relu;
    private final String pool;
    private final Layer.BatchNorm2d norm;
    private final Layer.Conv2d conv;

    Transition(String name, int in) {
      norm = batchNorm2d(name + ".norm", in);
      relu = tapPoint(name + ".relu");
      conv = DenseNetwork.this.conv(name + ".conv", in, in / 2, 1, 1);
      pool = tapPoint(name + ".pool");
    }

    Tensor apply(Pass pass, Tensor x) {
      return pass.block(
          () -> {
            Tensor y = conv.apply(pass, pass.relu(relu, norm.apply(pass, x)));
            return pass.tap(pool, Pooling.mean2x2(y));
          });
    }
  }
}
