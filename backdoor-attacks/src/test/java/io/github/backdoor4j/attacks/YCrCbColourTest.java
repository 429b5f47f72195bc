package io.github.backdoor4j.attacks;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class YCrCbColourTest {

  private static int[] pixel(Tensor image) {
    byte[] bytes = Tensors.toBytes(image);
    return new int[] {bytes[0] & 0xFF, bytes[1] & 0xFF, bytes[2] & 0xFF};
  }

  @ParameterizedTest
  @CsvSource({
    "128, 128, 128, 128, 128, 128",
    "255, 0, 0, 76, 255, 85",
    "0, 255, 0, 150, 21, 43",
    "0, 0, 255, 29, 107, 255"
  })
  void toYCrCb_matchesTheVectors(int red, int green, int blue, int y, int cr, int cb) {
    byte[] rgb = {(byte) red, (byte) green, (byte) blue};
    try (TensorScope scope = TensorScope.open()) {
      assertThat(pixel(YCrCbColour.toYCrCb(Tensors.ofBytes(rgb, 1, 3, 1, 1))))
          .containsExactly(y, cr, cb);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "100, 128, 128, 100, 100, 100",
    "100, 138, 128, 114, 93, 100", // 14.03, -7.14
    "100, 128, 108, 100, 107, 65", // 6.88, -35.46
    "250, 255, 255, 255, 116, 255" // saturated; -90.68 - 43.69
  })
  void toRgb_isRoundedAndSaturated(int y, int cr, int cb, int red, int green, int blue) {
    byte[] ycrcb = {(byte) y, (byte) cr, (byte) cb};
    try (TensorScope scope = TensorScope.open()) {
      assertThat(pixel(YCrCbColour.toRgb(Tensors.ofBytes(ycrcb, 1, 3, 1, 1))))
          .containsExactly(red, green, blue);
    }
  }

  @Test
  void thereAndBack_onRamps_changesByAtMostOne() {
    byte[] ramps = TestImages.ramps(32);
    try (TensorScope scope = TensorScope.open()) {
      Tensor image = Tensors.ofBytes(ramps, 1, 3, 32, 32);

      Tensor back = YCrCbColour.toRgb(YCrCbColour.toYCrCb(image));

      assertThat(TriggerProperties.largestChange(image, back)).isEqualTo(1);
    }
  }
}
