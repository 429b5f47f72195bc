package io.github.backdoor4j.attacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.data.LabelMode;
import io.github.backdoor4j.core.data.Trigger;
import io.github.backdoor4j.core.spi.Fidelity;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PictureFileTest {

  @TempDir private Path folder;

  private String write(BufferedImage image) throws IOException {
    Path file = folder.resolve("trigger.png");
    ImageIO.write(image, "png", file.toFile());
    return file.toString();
  }

  @Test
  void read_colour_keepsValuesAndOrder() throws IOException {
    BufferedImage image = new BufferedImage(2, 1, BufferedImage.TYPE_INT_RGB);
    image.setRGB(0, 0, 0x102030);
    image.setRGB(1, 0, 0xFF8001);

    Picture picture = PictureFile.read(write(image));

    assertThat(picture.height()).isEqualTo(1);
    assertThat(picture.width()).isEqualTo(2);
    assertThat(picture.planes()).containsExactly(0x10, 0xFF, 0x20, 0x80, 0x30, 0x01);
  }

  @Test
  void read_grey_keepsStoredValues() throws IOException {
    BufferedImage image = new BufferedImage(1, 1, BufferedImage.TYPE_BYTE_GRAY);
    image.getRaster().setSample(0, 0, 0, 100);

    assertThat(PictureFile.read(write(image)).planes()).containsExactly(100, 100, 100);
  }

  @Test
  void read_transparentPixel_becomesBlack() throws IOException {
    BufferedImage image = new BufferedImage(2, 1, BufferedImage.TYPE_INT_ARGB);
    image.setRGB(0, 0, 0x00FFFFFF);
    image.setRGB(1, 0, 0xFFFFFFFF);

    assertThat(PictureFile.read(write(image)).planes()).containsExactly(0, 255, 0, 255, 0, 255);
  }

  @Test
  void read_missingFile_namesIt() {
    String name = folder.resolve("no.png").toString();

    assertThatThrownBy(() -> PictureFile.read(name))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("no.png");
  }

  @Test
  void read_fileThatIsNoPicture_saysWhatIsAllowed() throws IOException {
    Path file = Files.writeString(folder.resolve("text.png"), "no picture");

    assertThatThrownBy(() -> PictureFile.read(file.toString()))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("text.png")
        .hasMessageContaining("PNG");
  }

  @Test
  void read_truncatedPng_isADataError() throws IOException {
    byte[] whole =
        Files.readAllBytes(Path.of(write(new BufferedImage(9, 9, BufferedImage.TYPE_INT_RGB))));
    Path file = folder.resolve("half.png");
    Files.write(file, java.util.Arrays.copyOf(whole, whole.length / 2));

    assertThatThrownBy(() -> PictureFile.read(file.toString())).isInstanceOf(DataException.class);
  }

  @Test
  void badNets_withAPicture_stampsItFlushWithTheCorner_blackBeingTransparent() throws IOException {
    BufferedImage image = new BufferedImage(2, 2, BufferedImage.TYPE_INT_RGB);
    image.setRGB(0, 0, 0xFF0000);
    image.setRGB(1, 1, 0x0000FF);
    Trigger trigger = PatchTrigger.of(badNets(write(image), Fidelity.PAPER));

    byte[] stamped = TestImages.stamp(trigger, TestImages.flat(4, 7), 4);

    byte[] expected = TestImages.flat(4, 7);
    expected[2 * 4 + 2] = (byte) 255; // red plane
    expected[2 * 16 + 3 * 4 + 3] = (byte) 255; // blue plane
    assertThat(stamped).isEqualTo(expected);
  }

  @Test
  void badNets_withAPicture_byTheBenchmark_stretchesItOverTheImage() throws IOException {
    BufferedImage image = new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB);
    image.setRGB(0, 0, 0x0A0B0C);
    Trigger trigger = PatchTrigger.of(badNets(write(image), Fidelity.BACKDOORBENCH));

    byte[] stamped = TestImages.stamp(trigger, TestImages.flat(2, 7), 2);

    assertThat(stamped).containsExactly(10, 10, 10, 10, 11, 11, 11, 11, 12, 12, 12, 12);
  }

  @Test
  void badNets_withAPictureLargerThanTheImage_isRefused() throws IOException {
    BufferedImage image = new BufferedImage(5, 3, BufferedImage.TYPE_INT_RGB);
    Trigger trigger = PatchTrigger.of(badNets(write(image), Fidelity.PAPER));

    assertThatThrownBy(() -> TestImages.stamp(trigger, TestImages.flat(4, 7), 4))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("3x5")
        .hasMessageContaining("4x4");
  }

  private static BadNets.Options badNets(String image, Fidelity fidelity) {
    return new BadNets.Options(
        0.1, 0, LabelMode.ALL_TO_ONE, List.of(), 3, BadNets.Pattern.WHITE, image, fidelity);
  }
}
