package io.github.backdoor4j.core.record;

import io.github.backdoor4j.core.DataException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** The bytes of a pickle, read from front to back; lengths are checked before they are used. */
final class PickleInput {

  /** The longest integer taken; 64 bits are usual, PyTorch's old magic number has 80. */
  private static final int LONGEST_INTEGER = 16;

  private final ByteBuffer bytes;

  PickleInput(byte[] bytes) {
    this.bytes = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  int position() {
    return bytes.position();
  }

  boolean isAtEnd() {
    return !bytes.hasRemaining();
  }

  int unsigned8() {
    need(1);
    return bytes.get() & 0xff;
  }

  int unsigned16() {
    need(2);
    return bytes.getShort() & 0xffff;
  }

  long signed32() {
    need(4);
    return bytes.getInt();
  }

  long unsigned32() {
    return signed32() & 0xffff_ffffL;
  }

  long signed64() {
    need(8);
    return bytes.getLong();
  }

  double float64() {
    return Double.longBitsToDouble(Long.reverseBytes(signed64()));
  }

  byte[] bytes(long length) {
    need(length);
    byte[] result = new byte[(int) length];
    bytes.get(result);
    return result;
  }

  String text(long length) {
    return new String(bytes(length), StandardCharsets.UTF_8);
  }

  /** Up to a line feed, which is skipped. */
  String line() {
    int start = bytes.position();
    int next;
    do {
      next = unsigned8();
    } while (next != '\n');
    return new String(bytes.array(), start, bytes.position() - 1 - start, StandardCharsets.UTF_8);
  }

  /** A little-endian integer in two's complement. */
  Object integer(long length) {
    if (length > LONGEST_INTEGER) {
      throw new DataException("holds an integer of %d bytes", length);
    }
    byte[] little = bytes(length);
    byte[] big = new byte[little.length + 1];
    for (int i = 0; i < little.length; i++) {
      big[big.length - 1 - i] = little[i];
    }
    big[0] = (byte) (little.length > 0 && little[little.length - 1] < 0 ? -1 : 0);
    BigInteger value = new BigInteger(big);
    return value.bitLength() < Long.SIZE ? (Object) value.longValue() : value;
  }

  private void need(long length) {
    if (length < 0 || length > bytes.remaining()) {
      throw new DataException(
          "claims %d more bytes where %d are left: it is damaged or cut off. Fetch the file again",
          length, bytes.remaining());
    }
  }
}
