package io.github.backdoor4j.datasets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.datasets.SourceTree.Entry;
import io.github.backdoor4j.datasets.SourceTree.Limits;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SourceTreeTest {

  static final Limits LIMITS = new Limits(100, 1 << 20, 1 << 22);

  @TempDir private Path folder;

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static Map<String, byte[]> files() {
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put("b/second.bin", new byte[] {1, 2, 3});
    files.put("a/first.txt", text("hello"));
    files.put("empty", new byte[0]);
    files.put("ü/" + "long name ".repeat(20) + ".txt", text("x"));
    return files;
  }

  private static List<Entry> all(Path source) {
    List<Entry> entries = new ArrayList<>();
    SourceTree.read(source, LIMITS, name -> true, entries::add);
    return entries;
  }

  @ParameterizedTest
  @EnumSource
  void files_comeWithTheirContent_inOrder(Archives kind) throws IOException {
    Path source = kind.write(folder, "misleading.name", files());
    List<String> order = new ArrayList<>(files().keySet());
    if (kind == Archives.FOLDER) {
      order.sort(null);
    }

    assertThat(all(source)).extracting(Entry::name).containsExactlyElementsOf(order);
    assertThat(all(source))
        .allSatisfy(entry -> assertThat(entry.bytes()).isEqualTo(files().get(entry.name())));
    assertThat(SourceTree.names(source, LIMITS)).containsExactlyElementsOf(order);
  }

  @ParameterizedTest
  @EnumSource
  void onlyWantedFiles_areHandedOut(Archives kind) throws IOException {
    Path source = kind.write(folder, "source", files());
    List<Entry> entries = new ArrayList<>();

    SourceTree.read(source, LIMITS, name -> name.endsWith(".bin"), entries::add);

    assertThat(entries).extracting(Entry::fileName).containsExactly("second.bin");
  }

  @ParameterizedTest
  @EnumSource
  void whatTheSinkThrows_isPassedOn(Archives kind) throws IOException {
    Path source = kind.write(folder, "source", files());

    assertThatThrownBy(
            () ->
                SourceTree.read(
                    source,
                    LIMITS,
                    name -> true,
                    entry -> {
                      throw new IllegalArgumentException("from the sink");
                    }))
        .isExactlyInstanceOf(IllegalArgumentException.class)
        .hasMessage("from the sink");
  }

  @ParameterizedTest
  @EnumSource
  void moreEntriesThanAllowed_areRefused(Archives kind) throws IOException {
    Path source = kind.write(folder, "source", files());

    assertThatThrownBy(() -> SourceTree.names(source, new Limits(3, 100, 100_000)))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll(source.toString(), "more than 3 entries");
  }

  @ParameterizedTest
  @EnumSource
  void largerFileThanAllowed_isRefused(Archives kind) throws IOException {
    Path source = kind.write(folder, "source", files());

    assertThatThrownBy(
            () -> SourceTree.read(source, new Limits(100, 4, 100_000), n -> true, entry -> {}))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll(source.toString(), "'a/first.txt'", "5 bytes", "at most 4");
  }

  @ParameterizedTest
  @EnumSource
  void moreBytesThanAllowed_areRefused(Archives kind) throws IOException {
    Path source = kind.write(folder, "source", files());

    assertThatThrownBy(() -> SourceTree.read(source, new Limits(100, 5, 7), n -> true, entry -> {}))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll(source.toString(), "more than the 7 bytes allowed");
  }

  @Test
  void gzipOfManyZeros_endsAtTheLimit() throws IOException {
    Path source = Archives.TAR_GZ.write(folder, "bomb", Map.of("zeros", new byte[50_000_000]));
    assertThat(Files.size(source)).isLessThan(60_000);

    assertThatThrownBy(() -> SourceTree.names(source, LIMITS))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll(source.toString(), "'zeros'", "4,194,304 bytes");
  }

  @Test
  void zerosBehindTheEndMark_endAtTheLimit() throws IOException {
    byte[] tar = Archives.tar(Map.of("a", new byte[1]));
    Path source = folder.resolve("bomb");
    Files.write(source, Archives.gzip(java.util.Arrays.copyOf(tar, 50_000_000)));

    assertThatThrownBy(() -> SourceTree.names(source, LIMITS))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll("padding after the end", "4,194,304 bytes");
  }

  @Test
  void headersOfManyMegabytes_endAtALimit() throws IOException {
    TarArchiveEntry header = new TarArchiveEntry("name", TarConstants.LF_GNUTYPE_LONGNAME);
    Path source = folder.resolve("bomb");
    Files.write(source, Archives.gzip(Archives.tarOf(header, new byte[3_000_000])));

    assertThatThrownBy(() -> SourceTree.names(source, LIMITS))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("headers of one entry are longer");
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "FOLDER")
  void archiveCutAnywhere_isRefused(Archives kind) throws IOException {
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put("one", new byte[700]);
    files.put("two", text("hello"));
    Path source = kind.write(folder, "archive", files);
    byte[] whole = Files.readAllBytes(source);
    // a tar ends with a mark, and then zeros that may be missing
    int length = kind == Archives.TAR ? 512 + 1024 + 512 + 512 + 512 : whole.length;

    for (int cut = 0; cut < length; cut++) {
      Files.write(source, java.util.Arrays.copyOf(whole, cut));
      assertThatThrownBy(() -> all(source), "%d of %d bytes", cut, whole.length)
          .isInstanceOf(DataException.class)
          .hasMessageContaining(source.toString());
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"ZIP", "TAR_GZ"})
  void anyFlippedBitOfTheContent_isFound(Archives kind) throws IOException {
    byte[] noise = new byte[3000];
    new Random(1).nextBytes(noise);
    Path source = kind.write(folder, "archive", Map.of("noise", noise));
    byte[] whole = Files.readAllBytes(source);

    for (int at = 200; at < 2800; at += 13) {
      byte[] flipped = whole.clone();
      flipped[at] ^= (byte) (1 << at % 8);
      Files.write(source, flipped);
      assertThatThrownBy(() -> all(source), "bit %d of byte %d", at % 8, at)
          .isInstanceOf(DataException.class)
          .hasMessageContaining(source.toString());
    }
  }

  @Test
  void fileThatIsNoArchive_isToldWhatItSeemsToBe() throws IOException {
    Path source = folder.resolve("cifar.tar.gz");
    Map<String, String> expected =
        Map.of(
            "<!DOCTYPE html>",
            "web page",
            "BZh91AY",
            "bzip2",
            "",
            "an empty file",
            "long text ".repeat(100),
            "begins with the bytes 6c 6f 6e 67",
            "hello world",
            "begins with the bytes 68 65 6c 6c");
    for (Map.Entry<String, String> found : expected.entrySet()) {
      Files.writeString(source, found.getKey());
      assertThatThrownBy(() -> all(source))
          .isInstanceOf(DataException.class)
          .hasMessageContainingAll(source.toString(), found.getValue());
    }
  }

  @Test
  void gzipOfSomethingElse_isRefused() throws IOException {
    Path source = folder.resolve("cifar.tar.gz");
    Files.write(source, Archives.gzip(new byte[2000]));

    assertThatThrownBy(() -> all(source))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll(source.toString(), "holds no tar archive");
  }

  @Test
  void missingSource_isNamed() {
    assertThatThrownBy(() -> all(folder.resolve("nowhere")))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll("nowhere", "does not exist");
  }

  @Test
  void failuresOfTheFileSystem_haveTheirOwnMessages() {
    assertThat(FolderTree.unreadable(folder, new AccessDeniedException("/x/y")))
        .hasMessageContainingAll("/x/y", "permission denied");
    assertThat(FolderTree.unreadable(folder, new NoSuchFileException("/x/y")))
        .hasMessageContainingAll("/x/y", "does not exist");
    assertThat(FolderTree.unreadable(folder, new IOException("disk on fire")))
        .hasMessageContainingAll(folder.toString(), "disk on fire");
  }
}
