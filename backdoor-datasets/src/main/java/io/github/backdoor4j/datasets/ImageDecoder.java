package io.github.backdoor4j.datasets;

import io.github.backdoor4j.core.DataException;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Iterator;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.spi.IIORegistry;
import javax.imageio.spi.ImageReaderSpi;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * Image files as unsigned 8-bit RGB, with the values that Pillow's {@code convert("RGB")} gives:
 * PNG, JPEG, BMP, the first frame of GIF, binary PPM and PGM. Grey is repeated on three channels,
 * transparency is dropped, colour profiles are not applied, and of 16 bits the upper 8 count.
 *
 * <p>The content tells the format, not the name. Safe for use by several threads.
 */
final class ImageDecoder {

  /** More than any camera's picture in a data set; an image takes up to ten bytes a pixel. */
  static final long MOST_PIXELS = 1L << 25;

  private static final byte[] GIF = {'G', 'I', 'F', '8'};
  private static final byte[] BMP = {'B', 'M'};

  private static final ImageReaderSpi PNG_READER = reader("png");
  private static final ImageReaderSpi JPEG_READER = reader("jpeg");
  private static final ImageReaderSpi GIF_READER = reader("gif");
  private static final ImageReaderSpi BMP_READER = reader("bmp");

  private ImageDecoder() {}

  /**
   * Decodes an image.
   *
   * @param name of the file, for messages
   * @throws DataException if the file is no image of these formats, is broken or cut off, or has
   *     more than {@link #MOST_PIXELS} pixels
   */
  static RgbImage decode(String name, byte[] file) {
    if (JpegFile.starts(file)) {
      return read(name, JPEG_READER, JpegFile.pixelsOnly(name, file));
    }
    if (PngFile.starts(file)) {
      return read(name, PNG_READER, PngFile.pixelsOnly(name, file));
    }
    if (NetpbmFile.starts(file)) {
      return NetpbmFile.read(name, file);
    }
    if (startsWith(file, GIF)) {
      return gif(name, file);
    }
    if (startsWith(file, BMP)) {
      return read(name, BMP_READER, file);
    }
    throw new DataException(
        "%s is no image that can be read: it starts with the bytes %s. Readable are PNG, JPEG, BMP,"
            + " GIF, and binary PPM and PGM.",
        name,
        file.length == 0
            ? "(none, it is empty)"
            : HexFormat.ofDelimiter(" ").formatHex(file, 0, Math.min(8, file.length)));
  }

  private static RgbImage gif(String name, byte[] file) {
    RgbImage frame = read(name, GIF_READER, file);
    int width = (file[6] & 0xFF) | (file[7] & 0xFF) << Byte.SIZE;
    int height = (file[8] & 0xFF) | (file[9] & 0xFF) << Byte.SIZE;
    if (frame.width() != width || frame.height() != height) {
      throw new DataException(
          "%s is a GIF image of %d×%d pixels whose first frame has only %d×%d. Save it as PNG.",
          name, width, height, frame.width(), frame.height());
    }
    return frame;
  }

  private static RgbImage read(String name, ImageReaderSpi format, byte[] file) {
    try (ImageInputStream in = new MemoryCacheImageInputStream(new ByteArrayInputStream(file))) {
      ImageReader reader = format.createReaderInstance();
      try {
        reader.addIIOReadWarningListener((source, warning) -> refuse(name, warning));
        reader.setInput(in, true, true);
        checkSize(name, reader.getWidth(0), reader.getHeight(0));
        BufferedImage image = reader.read(0);
        return RasterPlanes.of(image);
      } finally {
        reader.dispose();
      }
    } catch (DataException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      // Java's readers answer broken files with exceptions of many kinds
      throw new DataException(
          e, "%s is broken or cut off: %s", name, String.valueOf(e.getMessage()));
    }
  }

  /**
   * Java's JPEG reader only warns where pixels are missing, and paints them grey. Stray bytes
   * between two parts do no harm.
   */
  private static void refuse(String name, String warning) {
    if (!warning.contains("extraneous bytes")) {
      throw new DataException("%s is broken or cut off: %s", name, warning);
    }
  }

  /** Refuses sizes before memory is reserved for them: a file of a few bytes may claim any. */
  static void checkSize(String name, int width, int height) {
    if (width < 1 || height < 1 || (long) width * height > MOST_PIXELS) {
      throw new DataException(
          "%s claims to have %d×%d pixels; allowed are 1 to %d", name, width, height, MOST_PIXELS);
    }
  }

  static boolean startsWith(byte[] file, byte[] start) {
    return file.length >= start.length
        && Arrays.equals(file, 0, start.length, start, 0, start.length);
  }

  static String latin1(byte[] file, int start, int length) {
    return new String(file, start, length, StandardCharsets.ISO_8859_1);
  }

  /** The reader that comes with Java: one that a user's class path adds may decode differently. */
  private static ImageReaderSpi reader(String format) {
    Iterator<ImageReaderSpi> all =
        IIORegistry.getDefaultInstance()
            .getServiceProviders(
                ImageReaderSpi.class,
                provider ->
                    provider.getClass().getModule() == ImageIO.class.getModule()
                        && Arrays.asList(((ImageReaderSpi) provider).getFormatNames())
                            .contains(format),
                true);
    if (!all.hasNext()) {
      throw new IllegalStateException("this Java machine has no reader for " + format);
    }
    return all.next();
  }
}
