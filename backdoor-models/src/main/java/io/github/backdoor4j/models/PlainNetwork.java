package io.github.backdoor4j.models;

import io.github.backdoor4j.core.nn.FeatureLayout;
import io.github.backdoor4j.core.nn.Layer;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.nn.Pass;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The layers of {@link PlainCnn}. Taps beside the layers: {@code reluN}, {@code poolN} and {@code
 * avgpool}, the features N×4·width.
 */
final class PlainNetwork extends Network {

  private static final int UNITS = 3;

  private final PlainCnn.Options options;
  private final List<Unit> units = new ArrayList<>();
  private final Layer.Linear linear;

  PlainNetwork(NetworkSpec spec, PlainCnn.Options options) {
    super(spec);
    this.options = options;
    int channels = spec.input().channels();
    for (int n = 1; n <= UNITS; n++) {
      int out = options.width() << (n - 1);
      units.add(new Unit(n, channels, out, n < UNITS));
      channels = out;
    }
    tapPoint("avgpool");
    this.linear = linear("linear", channels, spec.classes());
  }

  @Override
  protected Tensor forward(Pass pass, Tensor images) {
    Tensor x = images;
    for (Unit unit : units) {
      Tensor input = x;
      x = pass.block(() -> unit.apply(pass, input));
    }
    return linear.apply(pass, pass.tap("avgpool", x.mean(2, 3)));
  }

  @Override
  protected Network blank() {
    return new PlainNetwork(spec(), options);
  }

  @Override
  public FeatureLayout features() {
    List<String> taps = units.stream().map(unit -> unit.relu).toList();
    return new FeatureLayout("relu" + UNITS, "avgpool", "linear")
        .withStages(taps, units.get(UNITS - 2).pool);
  }

  /** Convolution, batch normalisation, ReLU and, except at the end, 2×2 max pooling. */
  private final class Unit {

    private final Layer.Conv2d conv;
    private final Layer.BatchNorm2d norm;
    private final String relu;
    private final String pool;
    private final boolean pools;

    Unit(int number, int in, int out, boolean pools) {
      conv = conv2d("conv" + number, in, out, 3, 1, 1, false);
      norm = batchNorm2d("bn" + number, out);
      relu = tapPoint("relu" + number);
      pool = "pool" + number;
      this.pools = pools;
      if (pools) {
        tapPoint(pool);
      }
    }

    Tensor apply(Pass pass, Tensor x) {
      Tensor y = pass.relu(relu, norm.apply(pass, conv.apply(pass, x)));
      return pools ? pass.tap(pool, torch.max_pool2d(y, 2, 2)) : y;
    }
  }
}
