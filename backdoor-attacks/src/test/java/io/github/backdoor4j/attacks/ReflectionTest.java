package io.github.backdoor4j.attacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Numbers that the specification lacks come from NumPy, SciPy and Python's torch. */
class ReflectionTest {

  private static final int SIDE = 32;

  private static ReflectionDraw ghostly(double alpha, int down, int right, double first) {
    return new ReflectionDraw(0, alpha, true, down, right, first, 0, 0);
  }

  private static ReflectionDraw blurry(double alpha, double sigma, double attenuation) {
    return new ReflectionDraw(0, alpha, false, 0, 0, 0, sigma, attenuation);
  }

  private static Tensor light(byte[] image) {
    Tensor bytes = Tensors.ofBytes(image, 1, 3, SIDE, SIDE);
    return Reflection.light(bytes.to(ScalarType.Double).div(new Scalar(255.0)));
  }

  private static byte[] stored(Tensor levels) {
    return Tensors.toBytes(EightBit.truncate(levels.mul(new Scalar(255.0)).add(new Scalar(1e-9))));
  }

  private static byte[] ghost(byte[] image, byte[] picture, ReflectionDraw draw, boolean bicubic) {
    try (TensorScope scope = TensorScope.open()) {
      return stored(Reflection.ghost(light(image), light(picture), draw, bicubic));
    }
  }

  private static byte[] focus(byte[] image, byte[] picture, ReflectionDraw draw) {
    try (TensorScope scope = TensorScope.open()) {
      return stored(Reflection.focus(light(image), light(picture), draw));
    }
  }

  /** The ramps turned by 180 degrees. */
  private static byte[] turned() {
    byte[] ramps = TestImages.ramps(SIDE);
    byte[] turned = new byte[ramps.length];
    for (int i = 0; i < ramps.length; i++) {
      int plane = i / 1024 * 1024;
      turned[i] = ramps[plane + 1023 - i % 1024];
    }
    return turned;
  }

  private static int at(byte[] image, int row, int column) {
    return TestImages.row(image, SIDE, row)[column];
  }

  @ParameterizedTest
  @CsvSource({"128, 128, 128", "255, 0, 168", "0, 255, 202", "255, 255, 255", "200, 100, 149"})
  void ghost_ofFlatImages_matchesTheVectors(int image, int picture, int expected) {
    for (boolean bicubic : new boolean[] {false, true}) {
      byte[] seen =
          ghost(
              TestImages.flat(SIDE, image),
              TestImages.flat(SIDE, picture),
              ghostly(0.4, 5, 4, 0.3),
              bicubic);

      assertThat(seen).containsOnly(expected);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "128, 128, 139, 85, 107",
    "255, 0, 168, 168, 168",
    "0, 255, 230, 29, 142",
    "255, 255, 168, 168, 168",
    "200, 100, 155, 132, 140"
  })
  void focus_ofFlatImages_matchesTheVectors(
      int image, int picture, int middle, int corner, int between) {
    byte[] seen =
        focus(TestImages.flat(SIDE, image), TestImages.flat(SIDE, picture), blurry(0.4, 2, 1.08));

    assertThat(at(seen, 16, 16)).isEqualTo(middle);
    assertThat(at(seen, 0, 0)).isEqualTo(corner);
    assertThat(at(seen, 8, 8)).isEqualTo(between);
  }

  @Test
  void mask_matchesTheVectors() {
    try (TensorScope scope = TensorScope.open()) {
      double[] mask = Tensors.toDoubles(Reflection.mask(torch.zeros(1, 3, 32, 32)));

      assertThat(mask[16 * 32 + 16]).isEqualTo(1, within(1e-12));
      assertThat(mask[0]).isEqualTo(.010913, within(5e-7));
      assertThat(mask[16]).isEqualTo(.104467, within(5e-7));
      assertThat(mask[4 * 32 + 4]).isEqualTo(.083345, within(5e-7));
      assertThat(mask[8 * 32 + 8]).isEqualTo(.348492, within(5e-7));
    }
  }

  @Test
  void mask_ofAnOblongImage_followsEachSide() {
    try (TensorScope scope = TensorScope.open()) {
      double[] mask = Tensors.toDoubles(Reflection.mask(torch.zeros(1, 1, 24, 32)));

      assertThat(mask).hasSize(24 * 32);
      assertThat(mask[0]).isEqualTo(.0109557837, within(5e-10));
      assertThat(mask[12 * 32 + 16]).isEqualTo(1, within(1e-12));
      assertThat(mask[3 * 32 + 5]).isEqualTo(.1037986376, within(5e-10));
    }
  }

  @ParameterizedTest
  @CsvSource({"0.4, 1.5, 1.1, 325384, 9, 193, 147", "0.7, 5, 1.08, 382544, 0, 204, 166"})
  void focus_onRamps_matchesSciPy(
      double alpha, double sigma, double attenuation, long sum, int first, int middle, int other) {
    byte[] seen = focus(TestImages.ramps(SIDE), turned(), blurry(alpha, sigma, attenuation));

    assertThat(TestImages.sum(seen)).isEqualTo(sum);
    assertThat(at(seen, 0, 0)).isEqualTo(first);
    assertThat(at(seen, 16, 16)).isEqualTo(middle);
    assertThat(at(seen, 8, 24)).isEqualTo(other);
  }

  @ParameterizedTest
  @CsvSource({"false, 453200, 81, 194, 201, 190", "true, 452367, 81, 194, 201, 190"})
  void ghost_onRamps_matchesTorch(
      boolean bicubic, long sum, int first, int middle, int other, int last) {
    byte[] seen = ghost(TestImages.ramps(SIDE), turned(), ghostly(0.4, 3, 8, 0.3), bicubic);

    assertThat(TestImages.sum(seen)).isEqualTo(sum);
    assertThat(at(seen, 0, 0)).isEqualTo(first);
    assertThat(at(seen, 16, 16)).isEqualTo(middle);
    assertThat(at(seen, 8, 24)).isEqualTo(other);
    assertThat(at(seen, 31, 5)).isEqualTo(last);
  }

  @ParameterizedTest
  @CsvSource({"10", "100", "200", "255"})
  void blackPicture_darkensTheImageAlikeInBothWays(int value) {
    byte[] image = TestImages.flat(SIDE, value);
    byte[] black = TestImages.flat(SIDE, 0);
    int expected = (int) (0.65935 * value); // 0.4 to the power 1/2.2

    assertThat(ghost(image, black, ghostly(0.4, 3, 3, 0.5), false)).containsOnly(expected);
    assertThat(focus(image, black, blurry(0.4, 3, 1.1))).containsOnly(expected);
  }
}
