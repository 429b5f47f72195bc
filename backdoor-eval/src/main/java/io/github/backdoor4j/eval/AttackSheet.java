package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.spi.Figure;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** The contact sheet of an attack, from the pictures that its record keeps. */
final class AttackSheet {

  private static final int IMAGES = 3;
  private static final float TOP = 255;

  private AttackSheet() {}

  /** Writes {@code ID.png} for the attack's first seed; nothing if the attack could not run. */
  static void write(AttackTestRow row, Path folder) {
    if (row.attacks().isEmpty()) {
      return;
    }
    List<Figure> figures = row.attacks().get(0).evidence().figures();
    if (figures.get(0) instanceof Figure.Pictures clean
        && figures.get(1) instanceof Figure.Pictures triggered) {
      List<ContactSheet.Row> rows = new ArrayList<>();
      for (Map.Entry<String, float[]> picture : clean.pictures().entrySet()) {
        float[] after = triggered.pictures().get(picture.getKey());
        if (rows.size() < IMAGES) {
          rows.add(
              new ContactSheet.Row(
                  picture.getKey(),
                  image(picture.getValue(), clean.shape()),
                  image(Objects.requireNonNull(after), clean.shape())));
        }
      }
      ContactSheet.write(rows, folder.resolve(row.expected().attack() + ".png"));
    }
  }

  private static BufferedImage image(float[] unit, ImageShape shape) {
    byte[] pixels = new byte[unit.length];
    for (int i = 0; i < unit.length; i++) {
      pixels[i] = (byte) Math.round(unit[i] * TOP);
    }
    return PngImages.image(pixels, shape);
  }
}
