package io.github.backdoor4j.core.nn;

import static io.github.backdoor4j.core.Checks.require;

import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;

/**
 * Base of all classifiers: a {@link Model} from normalised images to logits. Parameter names are
 * those of the published weights.
 */
public abstract class Network extends Model implements Classifier {

  private final NetworkSpec spec;

  /**
   * @param spec what the network is built for
   */
  protected Network(NetworkSpec spec) {
    this.spec = spec;
  }

  /** Computes the logits N×K of normalised images, through the layers declared before. */
  @Override
  protected abstract Tensor forward(Pass pass, Tensor x);

  /** A new network of the same architecture and options, whatever its weights. */
  protected abstract Network blank();

  /** Where features and classifier are. */
  public abstract FeatureLayout features();

  @Override
  public final Network initialize(Seed seed) {
    super.initialize(seed);
    return this;
  }

  @Override
  public final Network load(Map<String, Tensor> weights) {
    super.load(weights);
    return this;
  }

  @Override
  public final Network to(ComputeDevice device) {
    super.to(device);
    return this;
  }

  /** An independent network with the same weights, mode and device. */
  public final Network copy() {
    Network copy = blank();
    copy.prepare();
    copy.to(device());
    copy.copyState(this.state());
    copy.training(training());
    PassMeter counter = meter();
    if (counter != null) {
      copy.meter(counter);
    }
    return copy;
  }

  /** Logits of normalised images in the current mode. */
  public final Tensor forward(Tensor images) {
    return forward(images, Taps.none());
  }

  /** Logits of normalised images in the current mode, with taps. */
  public final Tensor forward(Tensor images, Taps taps) {
    return forward(images, taps, parameters());
  }

  /**
   * Logits with other parameter values than the network's own, for steps that differentiate through
   * an update or mix models.
   *
   * @param values one tensor for every name in {@link #parameters()}; if there is also one for
   *     every name in {@link #buffers()}, they are used, and updated in training mode, in place of
   *     the network's own
   */
  public final Tensor forward(Tensor images, Taps taps, Map<String, Tensor> values) {
    require(
        images.dim() == 4 && spec.input().equals(shapeOf(images)),
        "network takes batches of %s images, but got the shape %s",
        spec.input(),
        Arrays.toString(images.shape()));
    return apply(images, taps, values);
  }

  /**
   * The convolutions whose output enters a batch normalisation with nothing between, in the order
   * of a pass. Seen in a pass, not assumed: in a pre-activation network a normalisation may follow
   * a sum.
   */
  public final List<ConvNorm> convNormPairs() {
    return watched().pairs();
  }

  /**
   * Products that the convolutions and affine layers form in one image's pass, which are nearly all
   * of a convolutional network's; products of activations with one another, as in attention, are
   * not counted. A pass takes twice as many operations, a training step three times a pass.
   */
  public final long multiplications() {
    return watched().multiplications();
  }

  private Wiring watched() {
    Wiring wiring = new Wiring();
    ImageShape shape = spec.input();
    try (TensorScope scope = TensorScope.open();
        NoGradGuard guard = new NoGradGuard()) {
      Tensor zeros = torch.zeros(1, shape.channels(), shape.height(), shape.width());
      watch(device().place(zeros).contiguous(MemoryFormat.ChannelsLast), wiring);
    }
    return wiring;
  }

  private static ImageShape shapeOf(Tensor images) {
    return new ImageShape((int) images.size(1), (int) images.size(2), (int) images.size(3));
  }

  @Override
  public final Tensor logits(Tensor images) {
    boolean before = training();
    training(false);
    try {
      return forward(images);
    } finally {
      training(before);
    }
  }

  /** What the network was built for. */
  public final NetworkSpec spec() {
    return spec;
  }

  @Override
  public final int classes() {
    return spec.classes();
  }
}
