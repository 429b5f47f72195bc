package io.github.backdoor4j.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.backdoor4j.core.Downloader.Fetched;
import io.github.backdoor4j.core.Downloader.Progress;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DownloaderTest {

  /** The Latin alphabet; its hashes are those of md5sum and sha256sum. */
  private static final byte[] LETTERS =
      "abcdefghijklmnopqrstuvwxyz".getBytes(StandardCharsets.US_ASCII);

  private static final String MD5 = "md5:c3fcd3d76192e4007dfb496cca67e13b";
  private static final String SHA256 =
      "sha256:71c480df93d6ae2f1efad1447c66c9525e316218cf51fc8d9ed832f2daf18b73";

  @TempDir private Path folder;
  private final FileServer server = new FileServer();
  private final Notes notes = new Notes();
  private final Downloader downloader =
      Downloader.standard()
          .withOffline(false)
          .withRetries(3, Duration.ofMillis(1), Duration.ofSeconds(20))
          .withListener(notes);

  /** Remembers what it is told. */
  private static final class Notes implements Downloader.Listener {
    final List<Progress> progress = new CopyOnWriteArrayList<>();
    final List<String> notices = new CopyOnWriteArrayList<>();

    @Override
    public void onProgress(Progress now) {
      progress.add(now);
    }

    @Override
    public void onNotice(String text) {
      notices.add(text);
    }
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private Download letters(String... paths) {
    return Download.of("letters.bin", Stream.of(paths).map(server::address).toArray(String[]::new))
        .withBytes(26)
        .withChecksum(MD5);
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  private static void write(Path file, String text) {
    AtomicFiles.replace(file, text);
  }

  private void leavePart(String text, String path, String tag) {
    write(folder.resolve("letters.bin.part"), text);
    write(folder.resolve("letters.bin.part.from"), server.address(path) + "\n" + tag + "\n");
  }

  @Test
  void fetch_getsTheFile_andNothingElseButALock() throws IOException {
    server.on("/a", FileServer.whole(LETTERS));

    Fetched fetched = downloader.fetch(letters("/a"), folder);

    assertThat(fetched).isEqualTo(new Fetched(folder.resolve("letters.bin"), 26, MD5, true, true));
    assertThat(fetched.file()).hasBinaryContent(LETTERS);
    assertThat(names()).containsExactly(".backdoor4j.lock", "letters.bin");
    assertThat(notes.progress)
        .last()
        .satisfies(
            last -> {
              assertThat(last.bytes()).isEqualTo(26);
              assertThat(last.total()).isEqualTo(26);
              assertThat(last.rate()).isPositive();
              assertThat(last.secondsLeft()).isZero();
            });
  }

  @Test
  void fetch_ofAFileThatIsThere_asksNobody() {
    write(folder.resolve("letters.bin"), "abcdefghijklmnopqrstuvwxyz");

    Fetched fetched = downloader.withOffline(true).fetch(letters("/a"), folder);

    assertThat(fetched.fresh()).isFalse();
    assertThat(fetched.checksum()).isEqualTo(MD5);
    assertThat(server.requests).isEmpty();
  }

  @Test
  void fetch_ofAnotherFileThatIsThere_isRefused_andLeavesIt() {
    Path file = folder.resolve("letters.bin");
    write(file, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");

    assertThatThrownBy(() -> downloader.fetch(letters("/a"), folder))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll(
            file.toString(), MD5, "md5:437bba8e0bf58337674f4539e75186ac", "Delete it");
    assertThat(file).hasContent("ABCDEFGHIJKLMNOPQRSTUVWXYZ");
  }

  @Test
  void fetch_knowingTheFirstDigits_remembersTheOthers() {
    server.on("/a", FileServer.whole(LETTERS));
    Download letters = letters("/a").withChecksum("sha256:71c480df");
    Path file = folder.resolve("letters.bin");

    Fetched fetched = downloader.fetch(letters, folder);

    assertThat(fetched).isEqualTo(new Fetched(file, 26, SHA256, true, true));
    assertThat(folder.resolve("letters.bin.sha256")).content().startsWith(SHA256.substring(7));
    assertThat(Downloader.verify(letters, folder).checksum()).isEqualTo(SHA256);
    write(folder.resolve("letters.bin.sha256"), "71c480df" + "0".repeat(56) + "  letters.bin\n");
    assertThatThrownBy(() -> Downloader.verify(letters, folder))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll("has changed since it was first seen", SHA256);
  }

  @Test
  void fetch_ofAFileWithOtherFirstDigits_isRefused() {
    server.on("/a", FileServer.whole(LETTERS));
    Download letters = letters("/a").withChecksum("sha256:71c480d0");

    assertThatThrownBy(() -> downloader.fetch(letters, folder))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll("should begin with sha256:71c480d0", SHA256);
    assertThat(folder.resolve("letters.bin")).doesNotExist();
  }

  @Test
  void part_isGoneOnWith_whereTheFileIsStillTheSame() {
    leavePart("abcdefghij", "/a", "\"v1\"");
    server.on("/a", FileServer.ranged(LETTERS, "\"v1\""));

    Fetched fetched = downloader.fetch(letters("/a"), folder);

    assertThat(fetched.file()).hasBinaryContent(LETTERS);
    assertThat(server.requests).containsExactly("/a bytes=10- \"v1\"");
    assertThat(notes.notices).containsExactly("letters.bin: going on after 10 bytes");
  }

  @Test
  void part_isThrownAway_whereTheFileHasChanged() {
    leavePart("0123456789", "/a", "\"v0\"");
    server.on("/a", FileServer.ranged(LETTERS, "\"v1\""));

    assertThat(downloader.fetch(letters("/a"), folder).file()).hasBinaryContent(LETTERS);
    assertThat(server.requests).containsExactly("/a bytes=10- \"v0\"");
  }

  @Test
  void part_isWrittenAnew_whereTheServerIgnoresRanges() {
    leavePart("0123456789", "/a", "\"v1\"");
    server.on("/a", FileServer.whole(LETTERS));

    assertThat(downloader.fetch(letters("/a"), folder).file()).hasBinaryContent(LETTERS);
  }

  @Test
  void part_ofAnotherAddress_isNotUsed() {
    leavePart("0123456789", "/b", "\"v1\"");
    server.on("/a", FileServer.ranged(LETTERS, "\"v1\""));

    assertThat(downloader.fetch(letters("/a"), folder).file()).hasBinaryContent(LETTERS);
    assertThat(server.requests).containsExactly("/a null null");
  }

  @Test
  void part_withoutValidator_isGoneOnWith_onlyUnderAPublishedChecksum() {
    leavePart("abcdefghij", "/a", "");
    server.on("/a", FileServer.ranged(LETTERS, "W/\"weak\""));

    downloader.fetch(letters("/a"), folder);
    assertThat(server.requests).containsExactly("/a bytes=10- null");

    write(folder.resolve("other.bin.part"), "abc");
    write(folder.resolve("other.bin.part.from"), server.address("/a") + "\n\n");
    downloader.fetch(Download.of("other.bin", server.address("/a")), folder);
    assertThat(server.requests).last().isEqualTo("/a null null");
  }

  @Test
  void wrongPart_isNoticedByTheChecksum_andFetchedAnew() {
    leavePart("0123456789", "/a", "\"v1\"");
    server.on("/a", FileServer.ranged(LETTERS, "\"v1\""));

    assertThat(downloader.fetch(letters("/a"), folder).file()).hasBinaryContent(LETTERS);
    assertThat(server.requests).containsExactly("/a bytes=10- \"v1\"", "/a null null");
  }

  @Test
  void completePart_needsNoServer() {
    leavePart("abcdefghijklmnopqrstuvwxyz", "/a", "\"v1\"");

    assertThat(downloader.fetch(letters("/a"), folder).file()).hasBinaryContent(LETTERS);
    assertThat(server.requests).isEmpty();
  }

  @Test
  void partBeyondTheFile_isFetchedAnew() {
    Download unsized = letters("/a").withBytes(Download.UNKNOWN_SIZE);
    leavePart("abcdefghijklmnopqrstuvwxyz", "/a", "\"v1\"");
    server.on("/a", FileServer.ranged(LETTERS, "\"v1\""));

    assertThat(downloader.fetch(unsized, folder).file()).hasBinaryContent(LETTERS);
    assertThat(server.requests).containsExactly("/a bytes=26- \"v1\"", "/a null null");
  }

  @Test
  void truncatedBody_isGoneOnWith_inTheNextAttempt() {
    server.on("/a", FileServer.cut(LETTERS, "\"v1\"", 10));

    assertThat(downloader.fetch(letters("/a"), folder).file()).hasBinaryContent(LETTERS);
    assertThat(server.requests)
        .containsExactly("/a null null", "/a bytes=10- \"v1\"", "/a bytes=20- \"v1\"");
    assertThat(notes.notices).anyMatch(text -> text.contains("trying again in"));
  }

  @Test
  void wrongHash_isRefused_andTheFileDeleted() throws IOException {
    server.on(
        "/a", FileServer.whole("ABCDEFGHIJKLMNOPQRSTUVWXYZ".getBytes(StandardCharsets.UTF_8)));

    assertThatThrownBy(() -> downloader.fetch(letters("/a"), folder))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll(
            "letters.bin", MD5, "md5:437bba8e0bf58337674f4539e75186ac", server.address("/a"));
    assertThat(names()).containsExactly(".backdoor4j.lock");
    assertThat(server.requests).hasSize(1);
  }

  @Test
  void wrongSize_isRefused_beforeTheFirstByte() throws IOException {
    server.on("/a", FileServer.whole(new byte[27]));

    assertThatThrownBy(() -> downloader.fetch(letters("/a"), folder))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("has 27 bytes instead of 26");
    assertThat(names()).containsExactly(".backdoor4j.lock");
  }

  @Test
  void missingFile_isSoughtAtTheNextAddress() {
    server.on("/b", FileServer.whole(LETTERS));

    assertThat(downloader.fetch(letters("/a", "/b"), folder).file()).hasBinaryContent(LETTERS);
    assertThat(server.requests).containsExactly("/a null null", "/b null null");
    assertThat(notes.notices)
        .containsExactly(server.address("/a") + ": it answers with status 404");
  }

  @Test
  void mirrors_areAskedBeforeAndAfter() {
    URI early = URI.create(server.address("/early"));
    URI late = URI.create(server.address("/late/"));
    server.on("/late/letters.bin", FileServer.whole(LETTERS));

    downloader.withMirrors(List.of(early), List.of(late)).fetch(letters("/a"), folder);

    assertThat(server.requests)
        .containsExactly(
            "/early/letters.bin null null", "/a null null", "/late/letters.bin null null");
  }

  @Test
  void noAddress_givesAllReasons_andARemedy() {
    server.on("/b", FileServer.status(403));

    assertThatThrownBy(() -> downloader.fetch(letters("/a", "/b"), folder))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll(
            server.address("/a") + ": it answers with status 404",
            server.address("/b") + ": it answers with status 403",
            "put the file into " + folder);
  }

  @Test
  void serverInTrouble_isAskedAgain() {
    int[] count = {0};
    server.on(
        "/a",
        exchange ->
            (++count[0] < 3 ? FileServer.status(503) : FileServer.whole(LETTERS)).give(exchange));

    assertThat(downloader.fetch(letters("/a"), folder).file()).hasBinaryContent(LETTERS);
    assertThat(server.requests).hasSize(3);
  }

  @Test
  void serverInLastingTrouble_isAskedAsOftenAsAllowed() {
    server.on("/a", FileServer.status(500));

    assertThatThrownBy(() -> downloader.fetch(letters("/a"), folder))
        .hasMessageContaining("status 500");
    assertThat(server.requests).hasSize(3);
  }

  @Test
  void silentServer_isGivenUp() {
    server.on(
        "/a",
        exchange -> {
          exchange.sendResponseHeaders(200, 26);
          exchange.getResponseBody().write(LETTERS, 0, 5);
          exchange.getResponseBody().flush();
          try {
            Thread.sleep(5_000);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    Downloader impatient = downloader.withRetries(1, Duration.ofMillis(1), Duration.ofMillis(300));

    assertThatThrownBy(() -> impatient.fetch(letters("/a"), folder))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("nothing came for");
    assertThat(folder.resolve("letters.bin.part")).hasContent("abcde");
  }

  @Test
  void redirects_areFollowed() {
    server.on("/a", FileServer.redirect("/b")).on("/b", FileServer.whole(LETTERS));

    assertThat(downloader.fetch(letters("/a"), folder).file()).hasBinaryContent(LETTERS);
  }

  @Test
  void redirectLoop_ends() {
    server.on("/a", FileServer.redirect("/b")).on("/b", FileServer.redirect("/a"));

    assertThatThrownBy(() -> downloader.fetch(letters("/a"), folder))
        .hasMessageContaining("redirects more than 10 times");
  }

  @Test
  void redirectToPlainHttp_isNotFollowed() {
    server.on("/a", FileServer.redirect("http://example.org/letters.bin"));

    assertThatThrownBy(() -> downloader.fetch(letters("/a"), folder))
        .hasMessageContaining("redirects to 'http://example.org/letters.bin', and only https");
  }

  @Test
  void offline_asksNobody_andSaysWhatToDo() {
    assertThatThrownBy(() -> downloader.withOffline(true).fetch(letters("/a"), folder))
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll(
            "letters.bin", folder.toString(), "BACKDOOR4J_OFFLINE", server.address("/a"));
    assertThat(server.requests).isEmpty();
  }

  @Test
  void littleRoom_isToldBeforeTheFirstByte() throws IOException {
    server.on("/a", FileServer.whole(LETTERS));

    assertThatThrownBy(() -> downloader.withSpace(path -> 25).fetch(letters("/a"), folder))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll("letters.bin needs", "free", folder.toString());
    assertThat(names()).containsExactly(".backdoor4j.lock");
  }

  @Test
  void unknownChecksum_isMeasured_toldAsUnconfirmed_andRemembered() throws IOException {
    server.on("/a", FileServer.whole(LETTERS));
    Download unknown = Download.of("letters.bin", server.address("/a"));

    Fetched fetched = downloader.fetch(unknown, folder);

    assertThat(fetched.checksum()).isEqualTo(SHA256);
    assertThat(fetched.confirmed()).isFalse();
    assertThat(notes.notices)
        .containsExactly("letters.bin: nobody published a checksum; unconfirmed " + SHA256);
    assertThat(folder.resolve("letters.bin.sha256"))
        .hasContent(SHA256.substring(7) + "  letters.bin\n");
    assertThat(Downloader.verify(unknown, folder).checksum()).isEqualTo(SHA256);

    Files.writeString(folder.resolve("letters.bin"), "changed");
    assertThatThrownBy(() -> Downloader.verify(unknown, folder))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll("has changed since it was first seen", SHA256);
  }

  @Test
  void verify_ofAMissingFile_isADataError() {
    assertThatThrownBy(() -> Downloader.verify(letters("/a"), folder))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("does not exist. Fetch it first.");
  }
}
