package io.github.backdoor4j.attacks;

import io.github.backdoor4j.core.DataException;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;

/** Reads picture files: PNG, JPEG, GIF, BMP. */
final class PictureFile {

  private PictureFile() {}

  /**
   * Reads a picture; transparent pixels become black.
   *
   * @throws DataException if the file is missing or no picture
   */
  static Picture read(String name) {
    BufferedImage image = decode(name);
    if (image == null) {
      throw new DataException(
          "trigger picture %s is in no known format; allowed are PNG, JPEG, GIF and BMP", name);
    }
    Picture picture = Picture.black(image.getHeight(), image.getWidth());
    boolean grey = isPlainGrey(image.getColorModel());
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        int argb = grey ? greyAt(image, x, y) : image.getRGB(x, y);
        int alpha = argb >>> 24;
        picture.paint(
            y,
            x,
            (argb >> 16 & 0xFF) * alpha / 255,
            (argb >> 8 & 0xFF) * alpha / 255,
            (argb & 0xFF) * alpha / 255);
      }
    }
    return picture;
  }

  private static @Nullable BufferedImage decode(String name) {
    try {
      Path file = Path.of(name);
      if (!Files.isRegularFile(file)) {
        throw new DataException("trigger picture %s does not exist or is no file", name);
      }
      return ImageIO.read(file.toFile());
    } catch (IOException | InvalidPathException | IndexOutOfBoundsException e) {
      throw new DataException(e, "trigger picture %s cannot be read: %s", name, e);
    }
  }

  private static boolean isPlainGrey(ColorModel model) {
    return model.getColorSpace().getType() == ColorSpace.TYPE_GRAY
        && model.getNumComponents() == 1
        && model.getComponentSize(0) == Byte.SIZE;
  }

  /** The stored value: {@code getRGB} would pass it through Java's linear grey colour space. */
  private static int greyAt(BufferedImage image, int x, int y) {
    int value = image.getRaster().getSample(x, y, 0);
    return 0xFF000000 | value << 16 | value << 8 | value;
  }
}
