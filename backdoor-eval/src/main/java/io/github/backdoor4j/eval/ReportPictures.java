package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.spi.Figure;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Small pictures as part of the page: PNG inside the address, enlarged by the browser. */
final class ReportPictures {

  private static final int TARGET = 96;
  private static final int LARGEST = 192;

  /**
   * A picture on the page.
   *
   * @param uri its content
   * @param text what stands in for it, and below it
   * @param width in CSS pixels: a multiple of its own where it is small
   */
  record Picture(String uri, String text, int width, int height, boolean pixelated) {}

  /** One test image: clean, with the trigger, and the difference where it is known. */
  record Pair(String caption, List<Picture> pictures) {}

  private ReportPictures() {}

  static List<Picture> of(Figure.Pictures figure) {
    List<Picture> pictures = new ArrayList<>();
    figure.pictures().forEach((name, pixels) -> pictures.add(of(name, figure.shape(), pixels)));
    return pictures;
  }

  private static Picture of(String text, ImageShape shape, float[] pixels) {
    int side = Math.max(shape.height(), shape.width());
    int factor = Math.max(1, TARGET / side);
    double scale = side > LARGEST ? (double) LARGEST / side : factor;
    String png = Base64.getEncoder().encodeToString(ContactSheet.encode(image(shape, pixels)));
    return new Picture(
        "data:image/png;base64," + png,
        text,
        (int) Math.max(1, Math.round(shape.width() * scale)),
        (int) Math.max(1, Math.round(shape.height() * scale)),
        side <= LARGEST);
  }

  /** Three planes as colour, any other number of them as the grey of the first. */
  static BufferedImage image(ImageShape shape, float[] pixels) {
    BufferedImage image =
        new BufferedImage(shape.width(), shape.height(), BufferedImage.TYPE_INT_RGB);
    int plane = shape.height() * shape.width();
    int step = shape.channels() == 3 ? plane : 0;
    for (int i = 0; i < plane; i++) {
      int rgb = level(pixels[i]) << 16 | level(pixels[i + step]) << 8 | level(pixels[i + 2 * step]);
      image.setRGB(i % shape.width(), i / shape.width(), rgb);
    }
    return image;
  }

  private static int level(float value) {
    return Math.round(255 * Math.max(0, Math.min(1, value))); // Math.round(NaN) is 0: black
  }

  /** The test images of an attack's evidence, side by side; empty if it shows none. */
  static List<Pair> pairs(List<Figure> figures) {
    Optional<Figure.Pictures> clean = titled(figures, "clean");
    Optional<Figure.Pictures> triggered = titled(figures, "triggered");
    if (clean.isEmpty() || triggered.isEmpty()) {
      return List.of();
    }
    List<List<Picture>> columns = new ArrayList<>(List.of(of(clean.get()), of(triggered.get())));
    titled(figures, "difference").ifPresent(figure -> columns.add(of(figure)));
    int rows = columns.stream().mapToInt(List::size).min().orElse(0);
    List<String> names = List.of("clean", "triggered", "difference × 10");
    List<Pair> pairs = new ArrayList<>();
    for (int row = 0; row < rows; row++) {
      List<Picture> pictures = new ArrayList<>();
      for (int column = 0; column < columns.size(); column++) {
        Picture picture = columns.get(column).get(row);
        pictures.add(named(picture, names.get(column)));
      }
      pairs.add(new Pair(columns.get(0).get(row).text(), pictures));
    }
    return pairs;
  }

  /** The figures of an attack's evidence besides the test images. */
  static List<Figure> others(List<Figure> figures) {
    List<Figure> rest = new ArrayList<>(figures);
    if (!pairs(figures).isEmpty()) {
      for (String word : List.of("clean", "triggered", "difference")) {
        titled(figures, word).ifPresent(rest::remove);
      }
    }
    return rest;
  }

  private static Optional<Figure.Pictures> titled(List<Figure> figures, String word) {
    return figures.stream()
        .filter(Figure.Pictures.class::isInstance)
        .map(Figure.Pictures.class::cast)
        .filter(figure -> figure.title().toLowerCase(Locale.ROOT).contains(word))
        .findFirst();
  }

  private static Picture named(Picture picture, String text) {
    return new Picture(picture.uri(), text, picture.width(), picture.height(), picture.pixelated());
  }
}
