package io.github.backdoor4j.datasets;

import io.github.backdoor4j.core.DataException;
import java.util.ArrayList;
import java.util.List;

/** The binary version: records of one or two label bytes and 3072 bytes of pixels. */
final class CifarBinary {

  private CifarBinary() {}

  /**
   * Reads a file.
   *
   * @param name for messages
   * @param exact whether it must have the official number of images; else any number is fine
   * @throws DataException if the size or a label is wrong
   */
  static CifarPart read(CifarKind kind, String name, String fileName, byte[] bytes, boolean exact) {
    long expected = (long) kind.imagesIn(fileName) * kind.recordBytes();
    boolean fits =
        exact
            ? bytes.length == expected
            : bytes.length > 0 && bytes.length % kind.recordBytes() == 0;
    if (!fits) {
      throw new DataException(
          "%s has %,d bytes, %,d expected: the file is cut off or another file. Fetch it again.",
          name, bytes.length, expected);
    }
    int n = bytes.length / kind.recordBytes();
    List<long[]> labels = new ArrayList<>();
    for (int i = 0; i < kind.labels().size(); i++) {
      labels.add(column(bytes, i, kind.recordBytes()));
      CifarPart.checkLabels(name, kind.labels().get(i), labels.get(i));
    }
    return new CifarPart(CifarPart.images(bytes, n, kind.labels().size()), labels);
  }

  private static long[] column(byte[] bytes, int first, int step) {
    long[] column = new long[bytes.length / step];
    for (int i = 0; i < column.length; i++) {
      column[i] = Byte.toUnsignedLong(bytes[first + i * step]);
    }
    return column;
  }
}
