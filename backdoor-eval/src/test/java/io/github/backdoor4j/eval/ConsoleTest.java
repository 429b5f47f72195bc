package io.github.backdoor4j.eval;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ConsoleTest {

  private static String written(String text, Charset charset) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (PrintWriter out = Console.writer(bytes, charset)) {
      out.print(text);
    }
    return new String(bytes.toByteArray(), charset);
  }

  @Test
  void unicode_isWrittenAsItIs() {
    assertThat(written("badnets → strip ± × é", StandardCharsets.UTF_8))
        .isEqualTo("badnets → strip ± × é");
  }

  @Test
  void ascii_getsTheNearestCharacters() {
    assertThat(written("a → b ± 1 × 2 – Tramèr …", StandardCharsets.US_ASCII))
        .isEqualTo("a -> b +- 1 x 2 - Tramer ...");
    assertThat(written("漢", StandardCharsets.US_ASCII)).isEqualTo("?");
  }
}
