package io.github.backdoor4j.datasets;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.hash.Hashing;
import io.github.backdoor4j.core.DataException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The files in {@code images}, and what is expected of them, were made by make_images.py. */
class ImageDecoderTest {

  static byte[] file(String name) throws IOException {
    try (InputStream in = ImageDecoderTest.class.getResourceAsStream("images/" + name)) {
      return Objects.requireNonNull(in, name).readAllBytes();
    }
  }

  private static RgbImage decode(String name) throws IOException {
    return ImageDecoder.decode(name, file(name));
  }

  @ParameterizedTest
  @CsvFileSource(resources = "images/expected.csv", numLinesToSkip = 1)
  void losslessFormats_giveThePixelsThatPillowSees(
      String name, int height, int width, String sha256) throws IOException {
    RgbImage image = decode(name);

    assertThat(image.height()).isEqualTo(height);
    assertThat(image.width()).isEqualTo(width);
    assertThat(Hashing.sha256().hashBytes(image.planes())).hasToString(sha256);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "q30-444",
        "q30-422",
        "q30-420",
        "q75-444",
        "q75-422",
        "q75-420",
        "q95-444",
        "q95-422",
        "q95-420",
        "progressive",
        "grey",
        "1x1",
        "profile",
        "no-marker",
        "components-rgb"
      })
  void jpeg_isWithinTwoLevelsOfPillow_andOnAverageWithinHalfALevel(String name) throws IOException {
    byte[] decoded = decode(name + ".jpg").planes();

    byte[] expected = decode(name + ".jpg.png").planes();
    assertThat(decoded).hasSameSizeAs(expected);
    int most = 0;
    int sum = 0;
    for (int i = 0; i < expected.length; i++) {
      int difference = Math.abs((decoded[i] & 0xFF) - (expected[i] & 0xFF));
      most = Math.max(most, difference);
      sum += difference;
    }
    assertThat(most).isLessThanOrEqualTo(2);
    assertThat((double) sum / expected.length).isLessThan(0.5);
  }

  private static void assertRefused(String name, byte[] file, String... parts) {
    assertThatThrownBy(() -> ImageDecoder.decode(name, file))
        .isInstanceOf(DataException.class)
        .hasMessageContaining(name)
        .hasMessageContainingAll(parts);
  }

  @Test
  void cmykJpeg_isRefused_withWhatToDo() throws IOException {
    assertRefused("cmyk.jpg", file("cmyk.jpg"), "4 colour components", "Convert CMYK");
  }

  @Test
  void textAndNothing_areNoImages() {
    assertRefused(
        "cat/notes.txt",
        "Hello".getBytes(StandardCharsets.US_ASCII),
        "no image that can be read",
        "48 65 6c 6c 6f",
        "PNG, JPEG");
    assertRefused("empty.png", new byte[0], "it is empty");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "q75-420.jpg",
        "progressive.jpg",
        "grey.jpg",
        "rgb.png",
        "palette.png",
        "grey-16.png",
        "rgb.bmp",
        "palette.bmp",
        "palette.gif",
        "rgb.ppm",
        "grey.pgm"
      })
  void cutFile_isRefused_whereverItIsCut(String name) throws IOException {
    byte[] whole = file(name);
    for (int length = 1; length < whole.length - 2; length += 1 + whole.length / 97) {
      byte[] cut = Arrays.copyOf(whole, length);
      assertThatThrownBy(() -> ImageDecoder.decode(name, cut))
          .as("%d of %d bytes", length, whole.length)
          .isInstanceOf(DataException.class)
          .hasMessageContaining(name);
    }
  }

  /** Other formats have no checksum. */
  @ParameterizedTest
  @ValueSource(strings = {"rgb.png", "palette.png", "grey-alpha.png"})
  void flippedBitInPng_isRefused(String name) throws IOException {
    byte[] whole = file(name);
    for (int at = 8; at < whole.length; at += 1 + whole.length / 97) {
      byte[] broken = whole.clone();
      broken[at] ^= 0x04;
      assertThatThrownBy(() -> ImageDecoder.decode(name, broken))
          .as("byte %d", at)
          .isInstanceOf(DataException.class)
          .hasMessageContaining(name);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "q75-420.jpg",
        "progressive.jpg",
        "rgb.png",
        "rgb.bmp",
        "rgba.bmp",
        "palette.bmp",
        "palette.gif",
        "interlaced.gif",
        "comments.ppm"
      })
  void anyDamage_endsInAnImageOrADataError(String name) throws IOException {
    byte[] whole = file(name);
    RandomGenerator random = new SplittableRandom(7);
    for (int i = 0; i < 300; i++) {
      byte[] broken = whole.clone();
      for (int flips = 0; flips < 3; flips++) {
        broken[random.nextInt(random.nextBoolean() ? 64 : broken.length)] = (byte) random.nextInt();
      }
      try {
        RgbImage image = ImageDecoder.decode(name, broken);
        assertThat(image.planes()).hasSize(3 * image.height() * image.width());
      } catch (DataException e) {
        assertThat(e).hasMessageContaining(name);
      }
    }
  }

  @Test
  void hugePng_isRefusedBeforeItIsUnpacked() throws IOException {
    byte[] file = file("rgb.png");
    ByteBuffer header = ByteBuffer.wrap(file).putInt(16, 60_000).putInt(20, 60_000);
    CRC32 sum = new CRC32();
    sum.update(file, 12, 17);
    header.putInt(29, (int) sum.getValue());

    assertRefused("bomb.png", file, "60000×60000 pixels", "33554432");
  }

  @Test
  void hugeJpegBmpGifAndPpm_areRefusedBeforeTheyAreUnpacked() throws IOException {
    byte[] jpeg = file("q75-420.jpg");
    int frame = new String(jpeg, StandardCharsets.ISO_8859_1).indexOf("\u00ff\u00c0");
    ByteBuffer.wrap(jpeg).putShort(frame + 5, (short) 65_500).putShort(frame + 7, (short) 65_500);
    assertRefused("bomb.jpg", jpeg, "65500×65500 pixels");

    byte[] bmp = file("rgb.bmp");
    ByteBuffer.wrap(bmp).order(LITTLE_ENDIAN).putInt(18, 60_000).putInt(22, 60_000);
    assertRefused("bomb.bmp", bmp, "broken or cut off");

    byte[] gif = file("palette.gif");
    int image = 13 + 3 * 256; // header, palette
    while (gif[image] != 0x2C) {
      image++;
    }
    ByteBuffer.wrap(gif).order(LITTLE_ENDIAN).putShort(image + 5, (short) 60_000);
    ByteBuffer.wrap(gif).order(LITTLE_ENDIAN).putShort(image + 7, (short) 60_000);
    assertRefused("bomb.gif", gif, "60000×60000 pixels");

    assertRefused("bomb.ppm", "P6 60000 60000 255\n".getBytes(US_ASCII), "60000×60000 pixels");
  }

  @Test
  void gifWhoseFirstFrameIsAPart_isRefused() throws IOException {
    byte[] gif = file("palette.gif");
    ByteBuffer.wrap(gif).order(LITTLE_ENDIAN).putShort(6, (short) 50);

    assertRefused("part.gif", gif, "50×37", "43×37", "Save it as PNG");
  }

  @ParameterizedTest
  @CsvSource({
    "P6 4, largest value",
    "P6, width",
    "P6 0 4 255, width between 1 and 2147483647 at byte 3",
    "P6 x 4 255, width",
    "P6 4 99999999999 255, height",
    "P6 4 4 65536, largest value between 1 and 65535",
    "P6 4 4 0, largest value",
    "P5 4 -4 255, height",
    "P5 4 4 100x, largest value",
  })
  void ppmHeaderWithoutSense_isRefused(String header, String complaint) {
    String text = header.equals("P6 4") ? "P6 4 4 #never ends" : header + "\n";
    assertRefused("a.ppm", text.getBytes(US_ASCII), complaint);
  }

  @Test
  void ppmWithTooFewValues_isRefused_withBothNumbers() {
    assertRefused("a.ppm", "P6 2 2 255\n12345".getBytes(US_ASCII), "cut off", "12 bytes", "only 5");
    assertRefused("a.pgm", "P5 2 2 256\n12345".getBytes(US_ASCII), "8 bytes", "only 5");
  }

  @Test
  void ppmWithAValueAboveItsMaximum_isRefused() {
    assertRefused("a.pgm", "P5 2 1 100\n\1\145".getBytes(US_ASCII), "value 101", "at most 100");
  }

  @Test
  void textPpm_isNamedAsNoImage() {
    assertRefused("a.ppm", "P3 1 1 255\n1 2 3".getBytes(US_ASCII), "binary PPM and PGM");
  }

  @Test
  void cropped_keepsThePartOfEveryChannel() {
    byte[] planes = new byte[3 * 2 * 3];
    for (int i = 0; i < planes.length; i++) {
      planes[i] = (byte) i;
    }

    RgbImage part = new RgbImage(2, 3, planes).cropped(1, 0, 3, 1);

    assertThat(part.height()).isEqualTo(1);
    assertThat(part.width()).isEqualTo(2);
    assertThat(part.planes()).containsExactly(1, 2, 7, 8, 13, 14);
  }
}
