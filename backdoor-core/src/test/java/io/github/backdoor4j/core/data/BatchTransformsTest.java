package io.github.backdoor4j.core.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.hash.Hashing;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;

class BatchTransformsTest {

  private static final int HEIGHT = 48;
  private static final int WIDTH = 64;

  private TensorScope scope;

  @BeforeEach
  void open() {
    scope = TensorScope.open();
  }

  @AfterEach
  void close() {
    scope.close();
  }

  private static byte[] noise(int count) {
    byte[] values = new byte[count];
    int state = 12345;
    for (int i = 0; i < count; i++) {
      state = state * 1664525 + 1013904223;
      values[i] = (byte) (state >>> 24);
    }
    return values;
  }

  private static Tensor image() {
    return Tensors.ofBytes(noise(3 * HEIGHT * WIDTH), 1, 3, HEIGHT, WIDTH);
  }

  /** Colour images of one pixel. */
  private static Tensor pixels(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return Tensors.ofBytes(bytes, values.length / 3, 3, 1, 1);
  }

  private static int[] levels(Tensor images) {
    byte[] bytes = Tensors.toBytes(images);
    int[] values = new int[bytes.length];
    Arrays.setAll(values, i -> Byte.toUnsignedInt(bytes[i]));
    return values;
  }

  private static Tensor apply(String operation, double[] p) {
    double[] one = p.length == 0 ? p : new double[] {p[0]};
    return switch (operation) {
      case "brightness" -> BatchTransforms.brightness(image(), one);
      case "contrast" -> BatchTransforms.contrast(image(), one);
      case "saturation" -> BatchTransforms.saturation(image(), one);
      case "hue" -> BatchTransforms.hue(image(), one);
      case "grey" -> BatchTransforms.grey(image());
      case "blur" -> BatchTransforms.blur(image(), one);
      case "rotate-nearest" -> BatchTransforms.rotate(image(), one, false);
      case "rotate-bilinear" -> BatchTransforms.rotate(image(), one, true);
      case "crop-bilinear" -> crop(p, CropBox.Filter.BILINEAR);
      default -> crop(p, CropBox.Filter.BICUBIC);
    };
  }

  private static Tensor crop(double[] p, CropBox.Filter filter) {
    CropBox box = new CropBox((int) p[0], (int) p[1], (int) p[2], (int) p[3]);
    return BatchTransforms.resizedCrop(image(), new CropBox[] {box}, filter);
  }

  @ParameterizedTest
  @CsvFileSource(resources = "batch-transforms.csv") // made by batch-transforms.py
  void operations_matchPillowBitForBit(String operation, String parameters, String sha256) {
    double[] numbers =
        parameters == null
            ? new double[0]
            : Arrays.stream(parameters.split(" ", -1)).mapToDouble(Double::parseDouble).toArray();

    byte[] result = Tensors.toBytes(apply(operation, numbers));

    assertThat(Hashing.sha256().hashBytes(result)).hasToString(sha256);
  }

  @Test
  void brightness_scalesAndCutsOff() {
    Tensor images = pixels(10, 100, 200, 10, 100, 200);

    assertThat(levels(BatchTransforms.brightness(images, new double[] {0.55, 1.5})))
        .containsExactly(5, 55, 110, 15, 150, 255); // 5.5 is cut to 5
  }

  @Test
  void grey_isTheLevelOfItu601() {
    // (299·255)/1000 = 76.245, (587·255)/1000 = 149.685, (114·255)/1000 = 29.07
    Tensor images = pixels(255, 0, 0, 0, 255, 0, 0, 0, 255);

    assertThat(levels(BatchTransforms.grey(images)))
        .containsExactly(76, 76, 76, 150, 150, 150, 29, 29, 29);
  }

  @Test
  void saturation_ofZero_isGrey_andContrastOfZero_isTheMean() {
    Tensor images = pixels(255, 0, 0);

    assertThat(levels(BatchTransforms.saturation(images, new double[] {0})))
        .containsExactly(76, 76, 76);
    assertThat(levels(BatchTransforms.contrast(images, new double[] {0})))
        .containsExactly(76, 76, 76);
  }

  @Test
  void hue_ofAThirdTurn_makesRedGreen() {
    // 85 of 255 levels are a third of the circle
    assertThat(levels(BatchTransforms.hue(pixels(200, 0, 0), new double[] {1.0 / 3})))
        .containsExactly(0, 200, 0);
  }

  @Test
  void greyImages_haveNoHue() {
    assertThat(levels(BatchTransforms.hue(pixels(9, 9, 9, 0, 0, 0), new double[] {0.3, 0.3})))
        .containsExactly(9, 9, 9, 0, 0, 0);
  }

  @Test
  void eachImage_hasItsOwnParameter() {
    Tensor two = image().expand(2, 3, HEIGHT, WIDTH).contiguous();

    Tensor both = BatchTransforms.blur(two, new double[] {0.5, 2});
    Tensor turned = BatchTransforms.rotate(two, new double[] {20, -70}, true);

    assertThat(Tensors.toBytes(both.narrow(0, 1, 1)))
        .isEqualTo(Tensors.toBytes(BatchTransforms.blur(image(), new double[] {2})));
    assertThat(Tensors.toBytes(turned.narrow(0, 1, 1)))
        .isEqualTo(Tensors.toBytes(BatchTransforms.rotate(image(), new double[] {-70}, true)));
  }

  @Test
  void mistakes_areRefused() {
    Tensor images = pixels(1, 2, 3);
    CropBox[] outside = {new CropBox(0, 0, 2, 1)};

    assertThatThrownBy(() -> BatchTransforms.blur(images, new double[] {1, 2}))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("1 images need as many parameters, but got 2");
    assertThatThrownBy(() -> BatchTransforms.hue(images, new double[] {0.6}))
        .hasMessageContaining("[-0.5, 0.5]");
    assertThatThrownBy(() -> BatchTransforms.blur(images, new double[] {-1}))
        .hasMessageContaining("must not be negative");
    assertThatThrownBy(() -> BatchTransforms.resizedCrop(images, outside, CropBox.Filter.BILINEAR))
        .hasMessageContaining("does not lie within images of 1 by 1");
    assertThatThrownBy(() -> BatchTransforms.grey(Tensors.ofFloats(new float[3], 1, 3, 1, 1)))
        .hasMessageContaining("unsigned 8-bit");
  }
}
