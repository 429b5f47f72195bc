package io.github.backdoor4j.attacks;

import static io.github.backdoor4j.core.Checks.require;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Turns a short text into the 100 bits that StegaStamp hides: 56 bits of text, 35 parity bits of a
 * binary BCH code of length 127 that corrects 5 errors, nine zeros.
 *
 * @see <a href="https://arxiv.org/abs/1904.05343">Tancik et al., StegaStamp, 2020, §5.1</a>
 */
final class BchCode {

  /** Length of a message with its parity. */
  static final int BITS = 100;

  /** Longest text, in bytes. */
  static final int TEXT = 7;

  /** Least common multiple of the minimal polynomials of α, α³, α⁵, α⁷, α⁹; α⁷ = α³ + 1. */
  static final long GENERATOR = 0xCA76024D7L;

  private static final int PARITY = 35;
  private static final int PARITY_BYTES = 5;
  private static final long MASK = (1L << PARITY) - 1;

  private BchCode() {}

  /**
   * The bits of a text, most significant first.
   *
   * @param text at most 7 bytes of UTF-8; shorter ones are filled up with blanks
   * @return 100 values, 0 or 1
   */
  static float[] message(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    require(
        bytes.length <= TEXT,
        "secret '%s' has %d bytes; allowed are at most %d",
        text,
        bytes.length,
        TEXT);
    byte[] padded = Arrays.copyOf(bytes, TEXT);
    Arrays.fill(padded, bytes.length, TEXT, (byte) ' ');
    float[] bits = new float[BITS];
    write(padded, bits, 0);
    write(parity(padded), bits, Byte.SIZE * TEXT);
    return bits;
  }

  private static void write(byte[] bytes, float[] bits, int from) {
    for (int i = 0; i < Byte.SIZE * bytes.length; i++) {
      bits[from + i] = bytes[i / Byte.SIZE] >> (Byte.SIZE - 1 - i % Byte.SIZE) & 1;
    }
  }

  /**
   * Parity of data bytes: the remainder of data(x)·x³⁵ by the generator, left-aligned.
   *
   * @return 5 bytes, of which the last 5 bits are zero
   */
  static byte[] parity(byte[] data) {
    long remainder = 0;
    for (byte value : data) {
      for (int bit = Byte.SIZE - 1; bit >= 0; bit--) {
        long carry = (remainder >> (PARITY - 1)) ^ (value >> bit & 1);
        remainder = (remainder << 1) & MASK;
        if ((carry & 1) == 1) {
          remainder ^= GENERATOR & MASK;
        }
      }
    }
    long aligned = remainder << (Byte.SIZE * PARITY_BYTES - PARITY);
    byte[] bytes = new byte[PARITY_BYTES];
    for (int i = 0; i < PARITY_BYTES; i++) {
      bytes[i] = (byte) (aligned >> (Byte.SIZE * (PARITY_BYTES - 1 - i)));
    }
    return bytes;
  }
}
