package io.github.backdoor4j.eval;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.IntBinaryOperator;
import org.junit.jupiter.api.Test;

class DifferenceSpectrumTest {

  private static final int SIDE = 16;

  private static BufferedImage grey(IntBinaryOperator level) {
    BufferedImage image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < SIDE; y++) {
      for (int x = 0; x < SIDE; x++) {
        image.setRGB(x, y, level.applyAsInt(x, y) * 0x010101);
      }
    }
    return image;
  }

  /** Places that are at least half as bright as white, as "column,row". */
  private static Set<String> bright(BufferedImage spectrum) {
    Set<String> places = new TreeSet<>();
    for (int y = 0; y < SIDE; y++) {
      for (int x = 0; x < SIDE; x++) {
        if ((spectrum.getRGB(x, y) & 255) > 127) {
          places.add(x + "," + y);
        }
      }
    }
    return places;
  }

  @Test
  void constantChange_liesInTheCentre() {
    BufferedImage spectrum =
        DifferenceSpectrum.of(grey((x, y) -> 5 * x), grey((x, y) -> 5 * x + 9));

    assertThat(bright(spectrum)).containsExactly("8,8");
  }

  @Test
  void stripes_lieAtTheirFrequencyOnBothSides() {
    BufferedImage stripes = grey((x, y) -> 100 + (int) Math.round(50 * Math.cos(Math.PI * x / 2)));

    // four periods across 16 columns, none down the rows
    assertThat(bright(DifferenceSpectrum.of(grey((x, y) -> 100), stripes)))
        .containsExactlyInAnyOrder("4,8", "12,8");
  }

  @Test
  void noChange_isBlack() {
    BufferedImage image = grey((x, y) -> x + y);

    assertThat(bright(DifferenceSpectrum.of(image, image))).isEmpty();
  }
}
