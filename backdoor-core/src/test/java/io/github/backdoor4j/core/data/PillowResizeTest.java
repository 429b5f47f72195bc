package io.github.backdoor4j.core.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.hash.Hashing;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;

class PillowResizeTest {

  @ParameterizedTest
  @CsvFileSource(resources = "pillow-resize.csv") // made by pillow-resize.py
  void bilinear_matchesPillowBitForBit(
      int height, int width, int newHeight, int newWidth, String sha256) {
    byte[] resized =
        PillowResize.bilinear(noise(3 * height * width), height, width, newHeight, newWidth);

    assertThat(Hashing.sha256().hashBytes(resized)).hasToString(sha256);
  }

  @ParameterizedTest
  @CsvFileSource(resources = "pillow-resize-200.csv", numLinesToSkip = 1) // by pillow-resize-200.py
  void bilinear_on200ImagesOfOddSizes_matchesPillowBitForBit(
      int n,
      int height,
      int width,
      int newHeight,
      int newWidth,
      long crc32,
      long sum,
      int first,
      int last) {
    byte[] drawn = noise(n * 0x9E3779B1, 4 + 3 * height * width); // the first four gave the sizes
    byte[] planes = Arrays.copyOfRange(drawn, 4, drawn.length);

    byte[] resized = PillowResize.bilinear(planes, height, width, newHeight, newWidth);

    CRC32 found = new CRC32();
    found.update(resized);
    assertThat(found.getValue()).isEqualTo(crc32);
    assertThat(IntStream.range(0, resized.length).mapToLong(i -> resized[i] & 0xFF).sum())
        .isEqualTo(sum);
    assertThat(resized[0] & 0xFF).isEqualTo(first);
    assertThat(resized[resized.length - 1] & 0xFF).isEqualTo(last);
  }

  private static byte[] noise(int count) {
    return noise(12345, count);
  }

  private static byte[] noise(int start, int count) {
    byte[] values = new byte[count];
    int state = start;
    for (int i = 0; i < count; i++) {
      state = state * 1664525 + 1013904223;
      values[i] = (byte) (state >>> 24);
    }
    return values;
  }

  @Test
  void bilinear_onTensors_resizesEveryPlane() {
    try (TensorScope scope = TensorScope.open()) {
      byte[] one = noise(5 * 3);
      byte[] two = new byte[30];
      System.arraycopy(one, 0, two, 0, 15);

      byte[] resized =
          Tensors.toBytes(PillowResize.bilinear(Tensors.ofBytes(two, 1, 2, 5, 3), 4, 7));

      assertThat(resized).hasSize(56).startsWith(PillowResize.bilinear(one, 5, 3, 4, 7));
    }
  }

  @Test
  void bilinear_toTheSameSize_isACopy() {
    byte[] image = noise(12);

    assertThat(PillowResize.bilinear(image, 3, 4, 3, 4)).isEqualTo(image).isNotSameAs(image);
  }

  @Test
  void bilinear_onBytesThatAreNoPlanes_isRefused() {
    assertThatThrownBy(() -> PillowResize.bilinear(new byte[7], 2, 2, 4, 4))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("7 bytes");
  }
}
