package io.github.backdoor4j.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.backdoor4j.core.UsageException;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContactSheetTest {

  @Test
  void difference_isTenfoldPerColourAndClamped() {
    BufferedImage before = image(3, 1);
    before.setRGB(0, 0, 0x102030);
    before.setRGB(1, 0, 0xff0000);
    BufferedImage after = image(3, 1);
    after.setRGB(0, 0, 0x0f2433); // −1, +4, +3
    after.setRGB(1, 0, 0x00190a); // −255, +25, +10
    BufferedImage difference = ContactSheet.difference(before, after);

    assertThat(difference.getRGB(0, 0) & 0xffffff).isEqualTo(0x0a281e); // 10, 40, 30
    assertThat(difference.getRGB(1, 0) & 0xffffff).isEqualTo(0xfffa64); // 255, 250, 100
    assertThat(difference.getRGB(2, 0) & 0xffffff).isZero();
  }

  @Test
  void fit_onSmallImages_repeatsPixelsByAWholeFactor() {
    BufferedImage image = image(28, 20);
    image.setRGB(27, 19, 0x123456);
    BufferedImage fitted = ContactSheet.fit(image); // 256 / 28 = 9

    assertThat(fitted.getWidth()).isEqualTo(252);
    assertThat(fitted.getHeight()).isEqualTo(180);
    assertThat(fitted.getRGB(243, 171) & 0xffffff).isEqualTo(0x123456);
    assertThat(fitted.getRGB(251, 179) & 0xffffff).isEqualTo(0x123456);
    assertThat(fitted.getRGB(242, 171) & 0xffffff).isZero();
  }

  @Test
  void fit_onLargeImages_averagesBlocks() {
    BufferedImage image = image(301, 2); // factor 2: 151 columns, the last one pixel wide
    image.setRGB(0, 0, 0xff0000);
    image.setRGB(1, 0, 0x0000ff);
    image.setRGB(0, 1, 0x00ff00);
    image.setRGB(300, 0, 0x0000c8);
    BufferedImage fitted = ContactSheet.fit(image);

    assertThat(fitted.getWidth()).isEqualTo(151);
    assertThat(fitted.getHeight()).isEqualTo(1);
    assertThat(fitted.getRGB(0, 0) & 0xffffff).isEqualTo(0x404040); // 255/4 rounded
    assertThat(fitted.getRGB(150, 0) & 0xffffff).isEqualTo(0x000064);
  }

  @Test
  void write_putsBeforeAfterAndDifferenceSideBySide(@TempDir Path folder) throws Exception {
    BufferedImage after = image(32, 32);
    after.setRGB(31, 31, 0x050505);
    Path png = folder.resolve("sheet.png");

    ContactSheet.write(List.of(new ContactSheet.Row("0001.png", image(32, 32), after)), png);

    BufferedImage sheet = ImageIO.read(png.toFile());
    assertThat(sheet.getWidth()).isEqualTo(16 + 4 * (256 + 16));
    assertThat(sheet.getHeight()).isEqualTo(16 + 28 + 28 + 256 + 16 + 16);
    int bottom = 16 + 28 + 28 + 255;
    assertThat(sheet.getRGB(16 + 255, bottom) & 0xffffff).isZero();
    assertThat(sheet.getRGB(16 + 272 + 255, bottom) & 0xffffff).isEqualTo(0x050505);
    assertThat(sheet.getRGB(16 + 2 * 272 + 255, bottom) & 0xffffff).isEqualTo(0x323232);
    assertThat(sheet.getRGB(16 + 2 * 272, bottom) & 0xffffff).isZero();
  }

  @Test
  void write_manyRows_isBounded(@TempDir Path folder) throws Exception {
    ContactSheet.Row row = new ContactSheet.Row("a", image(300, 10), image(300, 10));
    Path png = folder.resolve("sheet.png");

    ContactSheet.write(Collections.nCopies(1000, row), png);

    int rows = ContactSheet.MOST_ROWS;
    assertThat(ImageIO.read(png.toFile()).getHeight())
        .isEqualTo(16 + 28 + rows * (28 + 5 + 16) + 28 + 16);
  }

  @Test
  void row_ofTwoSizes_isRefused() {
    assertThatThrownBy(() -> new ContactSheet.Row("cat.png", image(4, 4), image(4, 5)))
        .isInstanceOf(UsageException.class)
        .hasMessage("cat.png: before and after must be of one size, but are 4x4 and 4x5");
  }

  @Test
  void write_withoutRows_isRefused(@TempDir Path folder) {
    assertThatThrownBy(() -> ContactSheet.write(List.of(), folder.resolve("sheet.png")))
        .isInstanceOf(UsageException.class);
  }

  private static BufferedImage image(int width, int height) {
    return new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
  }
}
