package io.github.backdoor4j.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What happens when a transfer is stopped, the disk is full, or two transfers meet. */
class DownloadInterruptionTest {

  private static final byte[] CONTENT = new byte[1 << 20];

  @TempDir private Path folder;
  private final FileServer server = new FileServer();
  private final Downloader downloader =
      Downloader.standard()
          .withOffline(false)
          .withRetries(2, Duration.ofMillis(1), Duration.ofSeconds(20));

  static {
    for (int i = 0; i < CONTENT.length; i++) {
      CONTENT[i] = (byte) (i / 7);
    }
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private Download content() {
    return Download.of("content.bin", server.address("/a")).withBytes(CONTENT.length);
  }

  @Test
  void interruptedThread_keepsThePart_andTheNextFetchGoesOn() throws IOException {
    server.on("/a", FileServer.ranged(CONTENT, "\"v1\""));
    Downloader stopped =
        downloader.withListener(
            new Downloader.Listener() {
              @Override
              public void onProgress(Downloader.Progress progress) {
                Thread.currentThread().interrupt();
              }
            });

    assertThatThrownBy(() -> stopped.fetch(content(), folder))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("fetching content.bin was interrupted");
    assertThat(Thread.interrupted()).isTrue();
    long kept = Files.size(folder.resolve("content.bin.part"));
    assertThat(kept).isPositive();

    assertThat(downloader.fetch(content(), folder).file()).hasBinaryContent(CONTENT);
    if (kept < CONTENT.length) {
      assertThat(server.requests).last().isEqualTo("/a bytes=" + kept + "- \"v1\"");
    }
  }

  @Test
  void fullDisk_isADataError() throws IOException {
    Path full = Path.of("/dev/full"); // every write to it fails as on a full disk
    assumeTrue(Files.exists(full), "only Linux has it");
    Path part = Files.createSymbolicLink(folder.resolve("content.bin.part"), full);
    server.on("/a", FileServer.whole(CONTENT));

    assertThatThrownBy(() -> downloader.fetch(content(), folder))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll("content.bin.part cannot be written", "free space");
    Files.delete(part);
  }

  @Test
  void second_waitsForTheFirst_andFindsItsFile() throws Exception {
    server.on("/a", FileServer.whole(CONTENT));
    List<String> notices = new CopyOnWriteArrayList<>();
    CountDownLatch waiting = new CountDownLatch(1);
    Downloader second =
        downloader.withListener(
            new Downloader.Listener() {
              @Override
              public void onNotice(String text) {
                notices.add(text);
                waiting.countDown();
              }
            });
    CompletableFuture<Downloader.Fetched> result;
    try (FileChannel first =
        FileChannel.open(
            folder.resolve(".backdoor4j.lock"),
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE)) {
      first.lock();
      result = CompletableFuture.supplyAsync(() -> second.fetch(content(), folder));
      assertThat(waiting.await(20, TimeUnit.SECONDS)).isTrue();
      Files.write(folder.resolve("content.bin"), CONTENT);
    }

    assertThat(result.get(20, TimeUnit.SECONDS).fresh()).isFalse();
    assertThat(notices)
        .containsExactly("another process is fetching into " + folder + "; waiting for it");
    assertThat(server.requests).isEmpty();
  }
}
