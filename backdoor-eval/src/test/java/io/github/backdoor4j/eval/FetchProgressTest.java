package io.github.backdoor4j.eval;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.backdoor4j.core.Downloader.Progress;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class FetchProgressTest {

  private static final URI ADDRESS = URI.create("https://example.org/a.zip");
  private static final long MIB = 1L << 20;

  private final StringWriter text = new StringWriter();
  private final AtomicLong clock = new AtomicLong();

  private FetchProgress progress() {
    return new FetchProgress(new PrintWriter(text), false, clock::get);
  }

  @Test
  void withoutATerminal_aLineComesEveryTenSeconds() {
    try (FetchProgress progress = progress()) {
      for (int second = 1; second <= 25; second++) {
        clock.addAndGet(1_000_000_000L);
        progress.onProgress(new Progress("a.zip", ADDRESS, second * MIB, 100 * MIB, MIB));
      }
    }
    assertThat(text.toString().lines())
        .containsExactly(
            "a.zip: 10.0 MiB of 100.0 MiB, 1.0 MiB/s, 1 min 30 s left",
            "a.zip: 20.0 MiB of 100.0 MiB, 1.0 MiB/s, 1 min 20 s left");
  }

  @Test
  void unknownSize_hasNoEnd() {
    try (FetchProgress progress = progress()) {
      clock.addAndGet(11_000_000_000L);
      progress.onProgress(new Progress("a.zip", ADDRESS, 3 * MIB, -1, 2 * MIB));
    }
    assertThat(text.toString().lines()).containsExactly("a.zip: 3.0 MiB, 2.0 MiB/s");
  }

  @Test
  void notices_areLines() {
    try (FetchProgress progress = progress()) {
      progress.onNotice("a.zip: going on after 3 bytes");
    }
    assertThat(text.toString().lines()).containsExactly("a.zip: going on after 3 bytes");
  }
}
