package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.AtomicFiles;
import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.data.ImageShape;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;

/** Image files as 3×rows×columns bytes, and such bytes as PNG files. */
final class PngImages {

  private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  private static final long MOST_PIXELS = 64L << 20;
  private static final int RGB = 3;
  private static final int BYTE = 0xFF;

  /**
   * An image.
   *
   * @param pixels 3×rows×columns
   * @param shape three channels
   * @param hadAlpha whether an alpha channel was dropped
   */
  record Pixels(byte[] pixels, ImageShape shape, boolean hadAlpha) {}

  private PngImages() {}

  /**
   * The files of a folder by name, whatever they are.
   *
   * @throws DataException if there is no such folder
   */
  static List<Path> filesOf(Path images) {
    if (!Files.isDirectory(images)) {
      throw new DataException("image folder %s does not exist", images.toAbsolutePath());
    }
    try (Stream<Path> entries = Files.list(images)) {
      return entries.filter(Files::isRegularFile).sorted().toList();
    } catch (IOException e) {
      throw new DataException(e, "image folder %s cannot be listed: %s", images, e);
    }
  }

  /** Whether a file starts as a PNG file does. */
  static boolean isPng(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      return Arrays.equals(in.readNBytes(SIGNATURE.length), SIGNATURE);
    } catch (IOException e) {
      throw new DataException(e, "%s cannot be read: %s", file, e);
    }
  }

  /**
   * Reads a file. Grey is repeated on three channels, alpha is dropped, 16 bits become 8.
   *
   * @throws DataException if the file is broken or larger than 64 million pixels
   */
  static Pixels read(Path file) {
    try (ImageInputStream in =
        ImageIO.createImageInputStream(new ByteArrayInputStream(Files.readAllBytes(file)))) {
      Iterator<ImageReader> readers = ImageIO.getImageReaders(in);
      if (!readers.hasNext()) {
        throw new DataException("it is broken: no image of a known format");
      }
      ImageReader reader = readers.next();
      try {
        reader.setInput(in, true, true);
        long pixels = (long) reader.getWidth(0) * reader.getHeight(0);
        if (pixels > MOST_PIXELS) {
          throw new DataException(
              "it has %d pixels, more than the %d allowed", pixels, MOST_PIXELS);
        }
        return pixels(reader.read(0));
      } finally {
        reader.dispose();
      }
    } catch (IOException | RuntimeException e) {
      if (e instanceof DataException ours) {
        throw ours;
      }
      // the decoder answers broken files with exceptions of many kinds
      throw new DataException(e, "it is broken: %s", String.valueOf(e.getMessage()));
    }
  }

  private static Pixels pixels(BufferedImage image) {
    int width = image.getWidth();
    int height = image.getHeight();
    byte[] result = new byte[RGB * width * height];
    int plane = width * height;
    boolean grey = isGrey(image.getColorModel());
    Raster raster = image.getRaster();
    int shift = Math.max(0, image.getSampleModel().getSampleSize(0) - Byte.SIZE);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int at = y * width + x;
        // getRGB would take grey for linear light and change its values
        int rgb =
            grey ? 0x010101 * ((raster.getSample(x, y, 0) >> shift) & BYTE) : image.getRGB(x, y);
        result[at] = (byte) (rgb >> (2 * Byte.SIZE));
        result[at + plane] = (byte) (rgb >> Byte.SIZE);
        result[at + 2 * plane] = (byte) rgb;
      }
    }
    return new Pixels(result, new ImageShape(RGB, height, width), image.getColorModel().hasAlpha());
  }

  private static boolean isGrey(ColorModel model) {
    return model.getColorSpace().getType() == java.awt.color.ColorSpace.TYPE_GRAY
        && !(model instanceof java.awt.image.IndexColorModel);
  }

  /** An image of 3×rows×columns bytes. */
  static BufferedImage image(byte[] pixels, ImageShape shape) {
    BufferedImage image =
        new BufferedImage(shape.width(), shape.height(), BufferedImage.TYPE_INT_RGB);
    int plane = shape.height() * shape.width();
    for (int at = 0; at < plane; at++) {
      int rgb =
          ((pixels[at] & BYTE) << (2 * Byte.SIZE))
              | ((pixels[at + plane] & BYTE) << Byte.SIZE)
              | (pixels[at + 2 * plane] & BYTE);
      image.setRGB(at % shape.width(), at / shape.width(), rgb);
    }
    return image;
  }

  /** Writes a file atomically. */
  static void write(BufferedImage image, Path file) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      if (!ImageIO.write(image, "png", bytes)) {
        throw new IllegalStateException("this Java machine cannot write PNG");
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e); // memory never fails
    }
    ByteBuffer content = ByteBuffer.wrap(bytes.toByteArray());
    AtomicFiles.replace(
        file,
        out -> {
          while (content.hasRemaining()) {
            out.write(content);
          }
        });
  }
}
