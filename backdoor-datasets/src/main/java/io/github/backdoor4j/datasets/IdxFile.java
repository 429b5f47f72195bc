package io.github.backdoor4j.datasets;

import io.github.backdoor4j.core.DataException;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;

/**
 * An array of unsigned bytes in the IDX format of MNIST: the bytes 0, 0, 8 (unsigned bytes) and the
 * number of dimensions, each dimension as a big-endian 32-bit integer, then the values in row-major
 * order.
 *
 * @param name of the file, for messages
 * @param shape the dimensions
 * @param values as many as the shape says
 */
record IdxFile(String name, int[] shape, byte[] values) {

  private static final int MAGIC_OF_BYTES = 0x0800;
  private static final int GZIP = 0x1f8b;
  private static final int LARGEST = Integer.MAX_VALUE - 8; // the longest Java array

  /** Number of images or labels. */
  int count() {
    return shape[0];
  }

  /**
   * Reads a file, gzipped or plain: its first bytes tell, not its name.
   *
   * @param name for messages
   * @param in the file; the caller closes it
   * @param dimensions that it must have: 3 for images, 1 for labels
   * @throws DataException if the content is no such array, or too short or long
   */
  static IdxFile read(String name, InputStream in, int dimensions) {
    try {
      return parse(name, new DataInputStream(unpacked(in)), dimensions);
    } catch (EOFException e) {
      throw new DataException(e, "%s ends too early: it is cut off. Fetch the file again.", name);
    } catch (IOException e) {
      throw new DataException(e, "%s cannot be read: %s. Fetch the file again.", name, e);
    }
  }

  private static InputStream unpacked(InputStream in) throws IOException {
    BufferedInputStream raw = new BufferedInputStream(in, 1 << 16);
    raw.mark(2);
    int first = raw.read() << 8 | raw.read();
    raw.reset();
    return first == GZIP ? new GZIPInputStream(raw, 1 << 16) : raw;
  }

  private static IdxFile parse(String name, DataInputStream in, int dimensions) throws IOException {
    int magic = in.readInt();
    if (magic != MAGIC_OF_BYTES + dimensions) {
      throw new DataException(
          "%s is no IDX file of unsigned bytes in %d dimension(s): its first four bytes should be"
              + " 0x%08x, but are 0x%08x",
          name, dimensions, MAGIC_OF_BYTES + dimensions, magic);
    }
    int[] shape = new int[dimensions];
    double claimed = 1; // a double cannot overflow here
    for (int i = 0; i < dimensions; i++) {
      shape[i] = in.readInt();
      claimed *= Math.max(0, shape[i]);
    }
    if (claimed < 1 || claimed > LARGEST) {
      throw new DataException(
          "%s claims the shape %s; allowed are 1 to %d values",
          name, Arrays.toString(shape), LARGEST);
    }
    byte[] values = in.readNBytes((int) claimed);
    if (values.length < claimed || in.read() != -1) {
      throw new DataException(
          "%s should hold %d values, as its shape %s says, but holds %s. Fetch the file again.",
          name,
          (int) claimed,
          Arrays.toString(shape),
          values.length < claimed ? values.length : "more");
    }
    return new IdxFile(name, shape, values);
  }
}
