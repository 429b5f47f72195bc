package io.github.backdoor4j.core.nn;

import io.github.backdoor4j.core.data.Augmentation;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.data.Normalization;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.bytedeco.pytorch.Tensor;

/** A fixture: one convolution with batch normalisation and an affine layer. */
public final class TinyNetwork extends Network {

  private static final int CHANNELS = 4;

  private final Layer.Conv2d conv;
  private final Layer.BatchNorm2d norm;
  private final Layer.Linear linear;

  public TinyNetwork(NetworkSpec spec) {
    super(spec);
    conv = conv2d("conv", spec.input().channels(), CHANNELS, 3, 1, 1, true);
    norm = batchNorm2d("norm", CHANNELS);
    tapPoint("relu");
    tapPoint("avgpool");
    linear = linear("linear", CHANNELS, spec.classes());
  }

  /** Initialised, for {@link #data}. */
  public static Network network(Seed seed) {
    return new TinyNetwork(new NetworkSpec(new ImageShape(3, 8, 8), 3)).initialize(seed);
  }

  /** Noise whose brightest channel is the label: learnt in a few epochs. */
  public static ImageDataset data(int count, Seed seed) {
    RandomGenerator random = seed.random();
    byte[] pixels = new byte[count * 3 * 64];
    long[] labels = new long[count];
    for (int n = 0; n < count; n++) {
      labels[n] = random.nextInt(3);
      for (int i = 0; i < 3 * 64; i++) {
        int low = i / 64 == labels[n] ? 100 : 0;
        pixels[n * 3 * 64 + i] = (byte) (low + random.nextInt(156));
      }
    }
    DatasetSpec spec =
        new DatasetSpec(
            "tiny",
            new ImageShape(3, 8, 8),
            new ArrayList<>(List.of("red", "green", "blue")),
            Normalization.uniform(3, 0.5, 0.25),
            Augmentation.NONE);
    return new ImageDataset(spec, Tensors.ofBytes(pixels, count, 3, 8, 8), Tensors.ofLongs(labels));
  }

  @Override
  protected Tensor forward(Pass pass, Tensor images) {
    Tensor x = pass.block(() -> pass.relu("relu", norm.apply(pass, conv.apply(pass, images))));
    return linear.apply(pass, pass.tap("avgpool", x.mean(2, 3)));
  }

  @Override
  protected Network blank() {
    return new TinyNetwork(spec());
  }

  @Override
  public FeatureLayout features() {
    return new FeatureLayout("relu", "avgpool", "linear");
  }
}
