package io.github.backdoor4j.defenses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ChannelLipschitznessTest {

  private static final double[] SCALE = {0.5, -2, 1.5};
  private static final double[] VARIANCE = {0.25, 4, 0.09};

  private TensorScope scope;
  private Tensor weight;

  @BeforeEach
  void open() {
    scope = TensorScope.open();
    float[] kernels = {
      1, 2, 0, 1, /**/ 0, 1, 1, 0, //
      3, 0, 0, 0, /**/ 0, 4, 0, 0, //
      1, 1, 1, 1, /**/ 1, 1, 1, 1
    };
    weight = Tensors.ofFloats(kernels, 3, 2, 2, 2);
  }

  @AfterEach
  void close() {
    scope.close();
  }

  @Test
  void bounds_areSpectralNormsTimesScaleOverDeviation() {
    assertThat(ChannelLipschitzness.of(weight, SCALE, VARIANCE, 0))
        .containsExactly(new double[] {2.613125930, 4.0, 14.142135624}, within(1e-8));
    assertThat(ChannelLipschitzness.of(weight, SCALE, VARIANCE, 1e-5))
        .containsExactly(new double[] {2.613073669, 3.999995000, 14.141350015}, within(1e-8));
  }

  @Test
  void bounds_growWithTheWeights_andIgnoreTheOrderOfInputs() {
    double[] bounds = ChannelLipschitzness.of(weight, SCALE, VARIANCE, 0);
    double[] tripled = ChannelLipschitzness.of(weight.mul(new Scalar(-3.0)), SCALE, VARIANCE, 0);
    double[] turned = ChannelLipschitzness.of(weight.flip(1), SCALE, VARIANCE, 0);

    assertThat(turned).containsExactly(bounds, within(1e-12));
    for (int c = 0; c < bounds.length; c++) {
      assertThat(tripled[c]).isCloseTo(3 * bounds[c], within(1e-9));
    }
  }

  /** More positions than inputs, more inputs than positions, one of either. */
  @Test
  void spectralNorms_areThoseOfASingularValueDecomposition() {
    long[][] shapes = {{5, 3, 7, 7}, {5, 12, 3, 3}, {5, 6, 1, 1}, {5, 1, 3, 3}};
    for (long[] shape : shapes) {
      Tensor kernels = Tensors.uniform(Tensors.generator(new Seed(1)), -1, 1, shape);
      Tensor largest = torch.linalg_svdvals(kernels.flatten(2, 3)).amax(new long[] {1}, false);

      assertThat(ChannelLipschitzness.spectralNorms(kernels))
          .containsExactly(Tensors.toDoubles(largest), within(1e-5));
    }
  }

  @Test
  void deadChannel_isInfinite_withoutEpsilon() {
    double[] dead = {0.25, 0, 0.09};

    assertThat(ChannelLipschitzness.of(weight, SCALE, dead, 0)[1]).isInfinite();
    assertThat(ChannelLipschitzness.of(weight, SCALE, dead, 1e-5)[1]).isFinite();
  }
}
