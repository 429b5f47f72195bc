package io.github.backdoor4j.attacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import org.bytedeco.pytorch.AbstractTensor;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

class YuvColourTest {

  @Test
  void toYuv_pureColours_givesTheWeights() {
    // three pixels side by side: red, green, blue, each of intensity 100
    double[] rgb = {100, 0, 0, 0, 100, 0, 0, 0, 100};
    try (TensorScope scope = TensorScope.open()) {
      double[] yuv = Tensors.toDoubles(YuvColour.toYuv(AbstractTensor.create(rgb, 1, 3, 1, 3)));

      assertThat(yuv)
          .containsExactly(
              new double[] {29.9, 58.7, 11.4, -14.7, -28.9, 43.6, 61.5, -51.5, -10.0},
              within(1e-12));
    }
  }

  @Test
  void toRgb_oneChangeInUAndV_givesTheWeights() {
    double[] yuv = {50, 50, 10, 0, 0, 10}; // two pixels
    try (TensorScope scope = TensorScope.open()) {
      double[] rgb = Tensors.toDoubles(YuvColour.toRgb(AbstractTensor.create(yuv, 1, 3, 1, 2)));

      assertThat(rgb)
          .containsExactly(
              new double[] {50, 50 + 11.4, 50 - 3.96, 50 - 5.81, 50 + 20.29, 50}, within(1e-12));
    }
  }

  @Test
  void thereAndBack_onRamps_changesByAtMost027() {
    try (TensorScope scope = TensorScope.open()) {
      Tensor ramps = Tensors.ofBytes(TestImages.ramps(32), 1, 3, 32, 32).to(ScalarType.Double);

      Tensor back = YuvColour.toRgb(YuvColour.toYuv(ramps));

      assertThat(back.sub(ramps).abs().max().item_double()).isBetween(0.2, 0.27);
    }
  }
}
