package io.github.backdoor4j.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.nn.FeatureLayout;
import io.github.backdoor4j.core.nn.Layer;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.nn.Pass;
import io.github.backdoor4j.core.tensor.Precision;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

/** That what the trainer is measured against does the whole of a step. */
class BareStepTest {

  /** Two logits w·x + b of a single value x. */
  private static final class Line extends Network {

    private final NetworkSpec spec;
    private final Layer linear;

    Line(NetworkSpec spec) {
      super(spec);
      this.spec = spec;
      this.linear = linear("linear", 1, 2);
    }

    @Override
    protected Tensor forward(Pass pass, Tensor x) {
      return linear.apply(pass, x.reshape(x.size(0), 1));
    }

    @Override
    protected Network blank() {
      return new Line(spec);
    }

    @Override
    public FeatureLayout features() {
      throw new UnsupportedOperationException("has none");
    }
  }

  /**
   * From zero, x = 2, label 0: the bias's gradient is (−0.5, 0.5), after a step of 0.01 it is
   * ±0.005 and the weight ±0.01. Then the logits differ by 0.05, so p₀ = 1/(1 + e^(−0.05)) =
   * 0.51249740, and with momentum 0.9 and decay 5e-4 the bias moves by 0.01·(0.45 + 0.48750260 −
   * 0.0000025) = 0.009375001; without decay it would be 2.5e-8 more.
   */
  @Test
  void steps_areThoseOfSgdWithMomentum() {
    try (TensorScope scope = TensorScope.open()) {
      Network network =
          new Line(new NetworkSpec(new ImageShape(1, 1, 1), 2)).initialize(new Seed(0));
      Tensors.withoutGradients(
          () -> network.parameters().values().stream().map(Tensor::zero_).toList());
      Tensor image = Tensors.ofFloats(new float[] {2}, 1, 1, 1, 1);
      Tensor label = Tensors.ofLongs(new long[] {0}, 1);
      try (BareStep bare = new BareStep(network, image, label, Precision.FP32)) {
        assertThat(bare.seconds(1)).isPositive();
        assertThat(bias(network)).isCloseTo(0.005f, within(1e-8f));

        bare.seconds(1);
        assertThat(bias(network)).isCloseTo(0.014375001f, within(1e-8f));
      }
    }
  }

  private static float bias(Network network) {
    return Tensors.toFloats(network.parameters().get("linear.bias").detach())[0];
  }
}
