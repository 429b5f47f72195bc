package io.github.backdoor4j.eval;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StampCommandTest {

  @TempDir Path folder;
  private Path images;
  private Path out;
  private final CliFixture cli = new CliFixture();

  @BeforeEach
  void folders() throws IOException {
    images = Files.createDirectory(folder.resolve("images"));
    out = folder.resolve("out");
  }

  private CliFixture.Result stamp(String attack, String... options) {
    String[] args = new String[7 + 2 * options.length];
    System.arraycopy(
        new String[] {
          "stamp", "--attack", attack, "--images", images.toString(), "--out", out.toString()
        },
        0,
        args,
        0,
        7);
    for (int i = 0; i < options.length; i++) {
      args[7 + 2 * i] = "-O";
      args[8 + 2 * i] = options[i];
    }
    return cli.run(args);
  }

  private static int argb(int x, int y) {
    return 0xFF000000 | (x * 31 % 256) << 16 | (y * 17 % 256) << 8 | ((x + y) * 7 % 256);
  }

  private void write(String name, int width, int height, int type) throws IOException {
    BufferedImage image = new BufferedImage(width, height, type);
    boolean grey = type == BufferedImage.TYPE_BYTE_GRAY || type == BufferedImage.TYPE_USHORT_GRAY;
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        if (grey) {
          int level = (x * 5 + y) % 256;
          image
              .getRaster()
              .setSample(
                  x, y, 0, type == BufferedImage.TYPE_USHORT_GRAY ? level << 8 | 0x7F : level);
        } else {
          image.setRGB(
              x, y, type == BufferedImage.TYPE_INT_ARGB ? argb(x, y) & 0x80FFFFFF : argb(x, y));
        }
      }
    }
    assertThat(ImageIO.write(image, "png", images.resolve(name).toFile())).isTrue();
  }

  private BufferedImage read(String name) throws IOException {
    return ImageIO.read(out.resolve(name).toFile());
  }

  @ParameterizedTest
  @CsvSource({"5, 3", "33, 17", "3, 3", "200, 71"})
  void pixels_changeUnderThePatchAndNowhereElse(int width, int height) throws IOException {
    write("a.png", width, height, BufferedImage.TYPE_INT_RGB);

    CliFixture.Result result = stamp("badnets");

    assertThat(result.code()).as(result.err()).isZero();
    assertThat(result.out()).contains("1 image stamped");
    BufferedImage stamped = read("a.png");
    assertThat(stamped.getWidth()).isEqualTo(width);
    assertThat(stamped.getHeight()).isEqualTo(height);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        boolean patch = x >= width - 3 && y >= height - 3;
        assertThat(stamped.getRGB(x, y)).isEqualTo(patch ? 0xFFFFFFFF : argb(x, y));
      }
    }
    assertThat(out.resolve("contact-sheet.png")).isNotEmptyFile();
  }

  @ParameterizedTest
  @CsvSource({"10", "11"}) // TYPE_BYTE_GRAY, TYPE_USHORT_GRAY
  void grey_isRepeated_withItsValues(int type) throws IOException {
    write("grey.png", 20, 9, type);

    assertThat(stamp("badnets").code()).isZero();
    for (int x = 0; x < 16; x++) {
      int level = x * 5 % 256;
      assertThat(read("grey.png").getRGB(x, 0)).isEqualTo(0xFF000000 | level * 0x010101);
    }
  }

  @Test
  void alpha_isDroppedWithAWarning() throws IOException {
    write("glass.png", 8, 8, BufferedImage.TYPE_INT_ARGB);

    CliFixture.Result result = stamp("badnets");

    assertThat(result.err()).contains("warning: glass.png: its alpha channel is dropped");
    assertThat(read("glass.png").getColorModel().hasAlpha()).isFalse();
    assertThat(read("glass.png").getRGB(2, 3)).isEqualTo(argb(2, 3));
  }

  @Test
  void whatIsNoImage_isSkipped_andToldWhy() throws IOException {
    write("good.png", 8, 8, BufferedImage.TYPE_INT_RGB);
    write("tiny.png", 2, 2, BufferedImage.TYPE_INT_RGB);
    write("cut.png", 40, 40, BufferedImage.TYPE_INT_RGB);
    byte[] whole = Files.readAllBytes(images.resolve("cut.png"));
    Files.write(images.resolve("cut.png"), java.util.Arrays.copyOf(whole, 60));
    Files.writeString(images.resolve("notes.txt"), "no picture");
    Files.writeString(images.resolve("fake.png"), "no picture either");
    write("contact-sheet.png", 8, 8, BufferedImage.TYPE_INT_RGB);

    CliFixture.Result result = stamp("badnets");

    assertThat(result.code()).as("broken files are bad data").isEqualTo(3);
    assertThat(result.out()).contains("1 image stamped");
    assertThat(result.err())
        .contains("skipped notes.txt: not a PNG file")
        .contains("skipped fake.png: it is named .png, but is no PNG file")
        .contains("skipped cut.png: it is broken: ")
        .contains("skipped tiny.png: size 3 does not fit into images of 3x2x2")
        .contains("skipped contact-sheet.png: this name is kept");
    assertThat(out.resolve("tiny.png")).doesNotExist();
  }

  @Test
  void sameSeed_samePixels() throws IOException {
    write("a.png", 16, 16, BufferedImage.TYPE_INT_RGB);

    stamp("badnets");
    byte[] once = Files.readAllBytes(out.resolve("a.png"));
    stamp("badnets");

    assertThat(Files.readAllBytes(out.resolve("a.png"))).isEqualTo(once);
  }

  @Test
  void mistakes_endWith2() throws IOException {
    write("a.png", 8, 8, BufferedImage.TYPE_INT_RGB);

    assertThat(stamp("badnets", "size=9").err())
        .contains("error: size 9 does not fit into images of 3x8x8");
    assertThat(stamp("badnets", "size=9").code()).isEqualTo(2);
    assertThat(stamp("badnets", "sice=2").err()).contains("Did you mean 'size'?");
    assertThat(stamp("badnets", "sice=2").code()).isEqualTo(2);
    CliFixture.Result trained = stamp("input-aware");
    assertThat(trained.code()).isEqualTo(2);
    assertThat(trained.err()).contains("the trigger of 'input-aware' only exists after training");
  }

  @Test
  void inputs_areNeverOverwritten() throws IOException {
    write("a.png", 8, 8, BufferedImage.TYPE_INT_RGB);
    byte[] before = Files.readAllBytes(images.resolve("a.png"));
    out = images.resolve("..").resolve("images");

    CliFixture.Result result = stamp("badnets");

    assertThat(result.code()).isEqualTo(2);
    assertThat(result.err()).contains("would be overwritten; choose another");
    assertThat(Files.readAllBytes(images.resolve("a.png"))).isEqualTo(before);
  }

  @Test
  void folderWithoutPng_isBadData() {
    assertThat(stamp("badnets").code()).isEqualTo(3);
    assertThat(stamp("badnets").err()).contains("no PNG image could be stamped");
    images = folder.resolve("none");
    assertThat(stamp("badnets").err()).contains("does not exist");
  }
}
