package io.github.backdoor4j.testkit;

import io.github.backdoor4j.core.data.Augmentation;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.nn.FeatureLayout;
import io.github.backdoor4j.core.nn.Layer;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.nn.Pass;
import io.github.backdoor4j.core.spi.Victim;
import io.github.backdoor4j.core.tensor.Precision;
import io.github.backdoor4j.core.train.OptimizerSpec;
import io.github.backdoor4j.core.train.ScheduleSpec;
import io.github.backdoor4j.core.train.TrainingPlan;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * Four blocks of convolution, batch normalisation and ReLU, a global mean and an affine layer:
 * about 7,000 parameters for four classes. Layers are {@code conv1} … {@code conv4}, {@code bn1} …
 * {@code bn4} and {@code linear}; taps besides them are {@code relu1} … {@code relu4} and {@code
 * features}.
 */
public final class TinyNetwork extends Network {

  private static final int[] CHANNELS = {12, 16, 16, 16};
  private static final int[] STRIDES = {1, 2, 2, 1};

  private final NetworkSpec spec;
  private final List<Layer> convolutions = new ArrayList<>();
  private final List<Layer> normalizations = new ArrayList<>();
  private final Layer linear;

  /** A network without weights for images of any size. */
  public TinyNetwork(NetworkSpec spec) {
    super(spec);
    this.spec = spec;
    int in = spec.input().channels();
    for (int i = 0; i < CHANNELS.length; i++) {
      String number = String.valueOf(i + 1);
      convolutions.add(conv2d("conv" + number, in, CHANNELS[i], 3, STRIDES[i], 1, false));
      normalizations.add(batchNorm2d("bn" + number, CHANNELS[i]));
      tapPoint("relu" + number);
      in = CHANNELS[i];
    }
    tapPoint("features");
    this.linear = linear("linear", in, spec.classes());
  }

  /** The victim of most tests: this network, trained for a few epochs. */
  public static Victim victim(DatasetSpec data, TrainingPlan plan) {
    return new Victim(() -> new TinyNetwork(NetworkSpec.of(data)), plan);
  }

  /** SGD 0.1 with momentum 0.9 in batches of 32, cosine to zero, no augmentation. */
  public static TrainingPlan plan(int epochs) {
    return new TrainingPlan(
        epochs,
        32,
        new OptimizerSpec.Sgd(0.1, 0.9, 5e-4, false),
        new ScheduleSpec.Cosine(Math.max(1, epochs), 0),
        Augmentation.NONE,
        Precision.FP32,
        false);
  }

  @Override
  protected Tensor forward(Pass pass, Tensor x) {
    Tensor h = x;
    for (int i = 0; i < CHANNELS.length; i++) {
      Tensor y = normalizations.get(i).apply(pass, convolutions.get(i).apply(pass, h));
      h = pass.relu("relu" + (i + 1), y);
    }
    return linear.apply(pass, pass.tap("features", h.mean(2L, 3L)));
  }

  @Override
  protected Network blank() {
    return new TinyNetwork(spec);
  }

  @Override
  public FeatureLayout features() {
    return new FeatureLayout("relu4", "features", "linear")
        .withStages(List.of("relu2", "relu3", "relu4"), "relu3");
  }
}
