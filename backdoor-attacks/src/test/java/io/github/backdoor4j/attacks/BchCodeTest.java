package io.github.backdoor4j.attacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.backdoor4j.core.UsageException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BchCodeTest {

  private static final int LENGTH = 127;

  @ParameterizedTest
  @CsvSource({"'a      ', 8693e147e0", "'abcd   ', 58b5f29ae0"})
  void parity_matchesTheVectors(String text, String expected) {
    byte[] parity = BchCode.parity(text.getBytes(StandardCharsets.US_ASCII));

    assertThat(parity).asHexString().isEqualToIgnoringCase(expected);
  }

  @Test
  void message_isTextThenParityThenZeros() {
    StringBuilder bits = new StringBuilder();
    for (float bit : BchCode.message("a")) {
      bits.append((int) bit);
    }

    assertThat(bits)
        .hasSize(100)
        .startsWith("01100001" + "00100000".repeat(6))
        .endsWith("10000110" + "10010011" + "11100001" + "01000111" + "11100000" + "0000");
  }

  /** The code's definition: α, α³, α⁵, α⁷ and α⁹ are roots of every code word. */
  @Test
  void parity_makesCodeWords() {
    int[] powers = new int[LENGTH];
    int element = 1;
    for (int i = 0; i < LENGTH; i++) {
      powers[i] = element;
      element <<= 1;
      element = element > LENGTH ? element ^ 137 : element;
    }
    Random random = new Random(1);
    for (int trial = 0; trial < 20; trial++) {
      byte[] data = new byte[BchCode.TEXT];
      random.nextBytes(data);
      for (int root = 1; root <= 9; root += 2) {
        assertThat(valueAt(root, data, powers)).as("word %d at α^%d", trial, root).isZero();
      }
    }
  }

  private static int valueAt(int root, byte[] data, int[] powers) {
    byte[] parity = BchCode.parity(data);
    int value = 0;
    for (int i = 0; i < 56 + 35; i++) { // the first bit belongs to the highest power, x^90
      byte part = i < 56 ? data[i / 8] : parity[(i - 56) / 8];
      if ((part >> (7 - i % 8) & 1) == 1) {
        value ^= powers[root * (90 - i) % LENGTH];
      }
    }
    return value;
  }

  @Test
  void message_longerThanSevenBytes_isRefused() {
    assertThatThrownBy(() -> BchCode.message("schlüss"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("8 bytes");
  }
}
