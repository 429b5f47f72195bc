package io.github.backdoor4j.datasets;

import io.github.backdoor4j.core.DataException;

/**
 * Binary PPM (P6, colour) and PGM (P5, grey): a header of text, then 8- or big-endian 16-bit values
 * up to a stated maximum, which are spread to 0 … 255 and rounded as Pillow does it.
 *
 * @see <a href="https://netpbm.sourceforge.net/doc/ppm.html">the format</a>
 */
final class NetpbmFile {

  private static final int FULL = 255;
  private static final int MOST = 65535;

  private final String name;
  private final byte[] file;
  private int at = 2; // behind the magic number

  private NetpbmFile(String name, byte[] file) {
    this.name = name;
    this.file = file;
  }

  /** Whether a file starts as P5 or P6. */
  static boolean starts(byte[] file) {
    return file.length > 2 && file[0] == 'P' && (file[1] == '5' || file[1] == '6');
  }

  /**
   * Reads the first image of a file.
   *
   * @throws DataException if the header makes no sense or values are missing
   */
  static RgbImage read(String name, byte[] file) {
    NetpbmFile reader = new NetpbmFile(name, file);
    int width = reader.number("width", Integer.MAX_VALUE);
    int height = reader.number("height", Integer.MAX_VALUE);
    int most = reader.number("largest value", MOST);
    reader.at++; // one white space
    ImageDecoder.checkSize(name, width, height);
    return file[1] == '6'
        ? new RgbImage(height, width, planes(reader.values(3 * width * height, most)))
        : RgbImage.ofGrey(height, width, reader.values(width * height, most));
  }

  private int number(String what, int largest) {
    skipSpaceAndComments();
    int start = at;
    long value = 0;
    while (at < file.length && Character.isDigit(file[at]) && value <= largest) {
      value = 10 * value + Character.digit(file[at++], 10);
    }
    if (at == file.length || at == start || value < 1 || value > largest || !isSpace(file[at])) {
      throw new DataException(
          "%s is no binary PPM or PGM image: its header has no %s between 1 and %d at byte %d",
          name, what, largest, start);
    }
    return (int) value;
  }

  private void skipSpaceAndComments() {
    while (at < file.length && (isSpace(file[at]) || file[at] == '#')) {
      if (file[at] == '#') {
        while (at < file.length && file[at] != '\n' && file[at] != '\r') {
          at++;
        }
      } else {
        at++;
      }
    }
  }

  private static boolean isSpace(byte c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
  }

  private byte[] values(int count, int most) {
    int bytes = most > FULL ? 2 : 1;
    if (file.length - at < (long) count * bytes) {
      throw new DataException(
          "%s is cut off: %d bytes of pixels should follow its header, but only %d do",
          name, (long) count * bytes, file.length - at);
    }
    byte[] result = new byte[count];
    for (int i = 0; i < count; i++) {
      int value = file[at++] & 0xFF;
      if (bytes == 2) {
        value = value << Byte.SIZE | (file[at++] & 0xFF);
      }
      if (value > most) {
        throw new DataException(
            "%s is broken: it has the value %d, but its header allows at most %d",
            name, value, most);
      }
      result[i] = (byte) (most == FULL ? value : (int) Math.rint((double) value / most * FULL));
    }
    return result;
  }

  private static byte[] planes(byte[] pixels) {
    int plane = pixels.length / RgbImage.CHANNELS;
    byte[] result = new byte[pixels.length];
    for (int i = 0; i < plane; i++) {
      result[i] = pixels[3 * i];
      result[i + plane] = pixels[3 * i + 1];
      result[i + 2 * plane] = pixels[3 * i + 2];
    }
    return result;
  }
}
