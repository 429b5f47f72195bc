package io.github.backdoor4j.datasets;

import io.github.backdoor4j.core.DataException;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Set;
import java.util.zip.CRC32;

/**
 * What Java's PNG reader leaves out: it checks no checksums, and it lets colour profiles, gamma and
 * transparency change the values. So all checksums are checked here, and only what holds the pixels
 * is passed on.
 */
final class PngFile {

  private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  private static final Set<String> NEEDED = Set.of("IHDR", "PLTE", "IDAT", "IEND");
  private static final int FRAME = 12; // length, type and checksum of a chunk

  private PngFile() {}

  static boolean starts(byte[] file) {
    return ImageDecoder.startsWith(file, SIGNATURE);
  }

  /**
   * The file with nothing but its header, palette and pixels.
   *
   * @throws DataException if it is cut off, or a checksum is wrong, or it is too large
   */
  static byte[] pixelsOnly(String name, byte[] file) {
    ByteBuffer in = ByteBuffer.wrap(file).position(SIGNATURE.length);
    ByteArrayOutputStream out = new ByteArrayOutputStream(file.length);
    out.writeBytes(SIGNATURE);
    String type = "";
    while (!type.equals("IEND")) {
      int start = in.position();
      long length = in.remaining() < FRAME ? -1 : in.getInt(start) & 0xFFFFFFFFL;
      if (length < 0 || length > in.remaining() - FRAME) {
        throw new DataException("%s is cut off: its last chunk is not whole", name);
      }
      int size = (int) length + FRAME;
      type = ImageDecoder.latin1(file, start + 4, 4);
      check(name, type, file, start, size);
      if (NEEDED.contains(type)) {
        out.write(file, start, size);
      }
      in.position(start + size);
    }
    return out.toByteArray();
  }

  private static void check(String name, String type, byte[] file, int start, int size) {
    CRC32 sum = new CRC32();
    sum.update(file, start + 4, size - 8);
    ByteBuffer chunk = ByteBuffer.wrap(file, start, size).slice();
    if ((int) sum.getValue() != chunk.getInt(size - 4)) {
      throw new DataException("%s is broken: the checksum of its chunk %s is wrong", name, type);
    }
    boolean first = start == SIGNATURE.length;
    if (first != type.equals("IHDR") || (first && size < FRAME + 8)) {
      throw new DataException("%s is broken: it does not start with one header", name);
    }
    if (first) {
      ImageDecoder.checkSize(name, chunk.getInt(8), chunk.getInt(12));
    }
  }
}
