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
 * The layers of the VGG networks.
 *
 * <p>Taps beside the layers: {@code features.N} of each ReLU and each pooling, {@code avgpool} the
 * features N×392·width, {@code classifier.1} and {@code classifier.4} of the ReLUs behind.
 */
final class VggNetwork extends Network {

  /** Convolutions per resolution and their channels over the width: configuration E. */
  private static final int[] CONVOLUTIONS = {2, 2, 4, 4, 4};

  private static final int[] CHANNELS = {1, 2, 4, 8, 8};

  private static final int GRID = 7;
  private static final int HIDDEN = 64; // outputs of an affine layer over the width
  private static final double DROPOUT = 0.5;

  private final VggOptions options;
  private final boolean normalised;
  private final List<Stage> stages = new ArrayList<>();
  private final Layer.Linear hidden1;
  private final Layer.Linear hidden2;
  private final Layer.Linear last;
  private int modules;

  VggNetwork(NetworkSpec spec, VggOptions options, boolean normalised) {
    super(spec);
    this.options = options;
    this.normalised = normalised;
    int channels = spec.input().channels();
    for (int n = 0; n < CONVOLUTIONS.length; n++) {
      int out = CHANNELS[n] * options.width();
      stages.add(new Stage(CONVOLUTIONS[n], channels, out));
      channels = out;
    }
    tapPoint("avgpool");
    int hidden = HIDDEN * options.width();
    hidden1 = affine("classifier.0", channels * GRID * GRID, hidden);
    tapPoint("classifier.1");
    hidden2 = affine("classifier.3", hidden, hidden);
    tapPoint("classifier.4");
    last = affine("classifier.6", hidden, spec.classes());
  }

  private Layer.Linear affine(String name, int in, int out) {
    Layer.Linear layer = linear(name, in, out);
    initializeBy(name + ".weight", Initializer.normal(0.01));
    initializeBy(name + ".bias", Initializer.constant(0));
    return layer;
  }

  @Override
  protected Tensor forward(Pass pass, Tensor images) {
    Tensor x = images;
    for (Stage stage : stages) {
      Tensor input = x;
      x = pass.block(() -> stage.apply(pass, input));
    }
    Tensor map = x;
    Tensor grid = pass.block(() -> torch.adaptive_avg_pool2d(map, GRID, GRID).flatten(1, -1));
    x = pass.relu("classifier.1", hidden1.apply(pass, pass.tap("avgpool", grid)));
    x = hidden2.apply(pass, pass.dropout(x, DROPOUT));
    return last.apply(pass, pass.dropout(pass.relu("classifier.4", x), DROPOUT));
  }

  @Override
  protected Network blank() {
    return new VggNetwork(spec(), options, normalised);
  }

  @Override
  public FeatureLayout features() {
    String map = stages.get(stages.size() - 1).pool;
    // before pooling: afterwards the last map of a 32-pixel image is a single pixel
    List<String> taps = stages.stream().map(Stage::lastRelu).toList();
    return new FeatureLayout(map, "avgpool", "classifier.0", map)
        .withStages(taps, stages.get(stages.size() - 2).pool);
  }

  private String nextModule() {
    return "features." + modules++;
  }

  /** Convolutions of one resolution and the pooling that halves it. */
  private final class Stage {

    private final List<Unit> units = new ArrayList<>();
    private final String pool;

    Stage(int convolutions, int in, int out) {
      for (int k = 0; k < convolutions; k++) {
        units.add(new Unit(k == 0 ? in : out, out));
      }
      pool = tapPoint(nextModule());
    }

    String lastRelu() {
      return units.get(units.size() - 1).relu;
    }

    Tensor apply(Pass pass, Tensor x) {
      Tensor y = x;
      for (Unit unit : units) {
        y = unit.apply(pass, y);
      }
      return pass.tap(pool, Pooling.max2x2(y));
    }
  }

  /** Convolution, perhaps batch normalisation, ReLU. */
  private final class Unit {

    private final Layer.Conv2d conv;
    private final Layer.@Nullable BatchNorm2d norm;
    private final String relu;

    Unit(int in, int out) {
      conv = conv2d(nextModule(), in, out, 3, 1, 1, true);
      initializeBy(conv.name() + ".weight", Initializer.kaimingFanOut(out * 9));
      initializeBy(conv.name() + ".bias", Initializer.constant(0));
      norm = normalised ? batchNorm2d(nextModule(), out) : null;
      relu = tapPoint(nextModule());
    }

    Tensor apply(Pass pass, Tensor x) {
      Tensor y = conv.apply(pass, x);
      return pass.relu(relu, norm == null ? y : norm.apply(pass, y));
    }
  }
}
