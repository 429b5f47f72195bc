package io.github.backdoor4j.datasets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.datasets.SourceTree.Entry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.apache.commons.compress.archivers.zip.UnixStat;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Archives and folders made to mislead. */
class HostileTreeTest {

  @TempDir private Path folder;
  private Path archive;

  @BeforeEach
  void name() {
    archive = folder.resolve("archive");
  }

  private static void read(Path source, Consumer<Entry> sink) {
    SourceTree.read(source, SourceTreeTest.LIMITS, name -> true, sink);
  }

  private static void assertRefused(Path source, String... message) {
    assertThatThrownBy(() -> read(source, entry -> {}))
        .isInstanceOf(DataException.class)
        .hasMessageContaining(source.toString())
        .hasMessageContainingAll(message);
  }

  @ParameterizedTest
  @CsvSource({
    "../outside, leads out of the tree",
    "a/../../outside, leads out of the tree",
    "a/.., leads out of the tree",
    "/etc/passwd, is an absolute path",
    "C:/windows/x, begins with a drive letter",
    "c:x, begins with a drive letter",
    "a\\..\\..\\x, has a backslash",
    "\\\\server\\share, has a backslash",
  })
  void nameThatLeadsElsewhere_isRefused_evenIfUnwanted(String name, String why) throws IOException {
    Files.write(archive, Archives.tarOf(new TarArchiveEntry(name, true)));
    assertRefused(archive, "'" + name + "'", why);
    assertThatThrownBy(
            () -> SourceTree.read(archive, SourceTreeTest.LIMITS, n -> false, entry -> {}))
        .hasMessageContaining(why);

    // backslashes of zip archives made on Windows are read as slashes, and then refused for these
    Files.write(archive, Archives.zip(Map.of(name, new byte[1])));
    assertRefused(archive, "such archives are refused");
  }

  @Test
  void namesThatMeanTheSame_areMadeEqual() throws IOException {
    Files.write(archive, Archives.tar(Map.of("./a//b/./c", new byte[1])));

    assertThat(SourceTree.names(archive, SourceTreeTest.LIMITS)).containsExactly("a/b/c");
  }

  @ParameterizedTest
  @ValueSource(
      bytes = {
        TarConstants.LF_SYMLINK,
        TarConstants.LF_LINK,
        TarConstants.LF_CHR,
        TarConstants.LF_BLK,
        TarConstants.LF_FIFO
      })
  void linksAndDevicesOfTar_areRefused(byte flag) throws IOException {
    TarArchiveEntry entry = new TarArchiveEntry("innocent", flag);
    entry.setLinkName("target");
    Files.write(archive, Archives.tarOf(entry));

    assertRefused(archive, "'innocent'", "neither a file nor a folder");
  }

  @ParameterizedTest
  @ValueSource(ints = {UnixStat.LINK_FLAG, 0020000, 0060000, 0010000})
  void linksAndDevicesOfZip_areRefused(int kind) throws IOException {
    try (ZipArchiveOutputStream zip = new ZipArchiveOutputStream(archive)) {
      ZipArchiveEntry entry = new ZipArchiveEntry("innocent");
      entry.setUnixMode(kind | 0644);
      zip.putArchiveEntry(entry);
      zip.closeArchiveEntry();
    }

    assertRefused(archive, "'innocent'", "neither a file nor a folder");
  }

  @Test
  void wantedNameThatOccursTwice_isRefused_butUnwantedIsNot() throws IOException {
    Files.write(archive, Archives.tarOf(new TarArchiveEntry("a"), new TarArchiveEntry("./a")));

    assertRefused(archive, "'a'", "occurs twice");
    assertThat(SourceTree.names(archive, SourceTreeTest.LIMITS)).containsExactly("a", "a");
  }

  @Test
  void encryptedZip_isRefused() throws IOException {
    byte[] zip = Archives.zip(Map.of("secret", new byte[3]));
    int directory = find(zip, new byte[] {'P', 'K', 1, 2});
    zip[directory + 8] |= 1; // bit 0 of the flags: encrypted
    Files.write(archive, zip);

    assertRefused(archive, "'secret'", "encrypted");
  }

  @Test
  void unknownCompressionOfZip_isRefused() throws IOException {
    byte[] zip = Archives.zip(Map.of("packed", new byte[3]));
    int directory = find(zip, new byte[] {'P', 'K', 1, 2});
    zip[directory + 10] = 98; // PPMd
    Files.write(archive, zip);

    assertRefused(archive, "'packed'", "method 98");
  }

  @Test
  void zipThatClaimsLessThanItHolds_isRefused() throws IOException {
    byte[] zip = Archives.zip(Map.of("liar", new byte[5000]));
    int directory = find(zip, new byte[] {'P', 'K', 1, 2});
    zip[directory + 24] = 10; // uncompressed size 5000 = 0x1388 becomes 10
    zip[directory + 25] = 0;
    Files.write(archive, zip);

    assertRefused(archive, "'liar'", "does not fit its size and checksum");
  }

  @Test
  void controlCharactersOfNames_stayOutOfMessages() throws IOException {
    Files.write(archive, Archives.zip(Map.of("/a\u001b[31m\nb", new byte[1])));

    assertRefused(archive, "'/a?[31m?b'");
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void linkThatLeadsOutOfTheFolder_isRefused_oneWithinIsRead() throws IOException {
    Path outside = Files.writeString(folder.resolve("outside"), "secret");
    Path inside = Files.createDirectory(folder.resolve("inside"));
    Files.writeString(inside.resolve("real"), "hello");
    Files.createSymbolicLink(inside.resolve("alias"), Path.of("real"));
    List<Entry> entries = new ArrayList<>();
    read(inside, entries::add);
    assertThat(entries).extracting(Entry::name).containsExactly("alias", "real");
    assertThat(entries.get(0).bytes()).isEqualTo(entries.get(1).bytes()).hasSize(5);

    Files.createSymbolicLink(inside.resolve("bad"), outside);
    assertRefused(inside, "'bad'", "leads out of the folder");
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void linkToFolder_orToNothing_isRefused() throws IOException {
    Path broken = Files.createDirectory(folder.resolve("broken"));
    Files.createSymbolicLink(broken.resolve("gone"), Path.of("nowhere"));
    assertRefused(broken, "'gone'", "file that is missing");

    Path loop = Files.createDirectory(folder.resolve("loop"));
    Files.createSymbolicLink(loop.resolve("self"), loop);
    assertRefused(loop, "'self'", "link to a folder");
  }

  @Test
  void fileThatVanishesMeanwhile_isNamed() throws IOException {
    Files.writeString(folder.resolve("a"), "1");
    Path second = Files.writeString(folder.resolve("b"), "2");

    assertThatThrownBy(() -> read(folder, entry -> second.toFile().delete()))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll(
            folder.toString(), "'b'", "has vanished", "Leave the folder alone");
  }

  @ParameterizedTest
  @CsvSource({"'', shorter", "longer than before, longer"})
  void fileThatChangesMeanwhile_isNamed(String content, String how) throws IOException {
    Files.writeString(folder.resolve("a"), "1");
    Path second = Files.writeString(folder.resolve("b"), "before");
    Consumer<Entry> change =
        entry -> {
          try {
            Files.writeString(second, content);
          } catch (IOException e) {
            throw new AssertionError(e);
          }
        };

    assertThatThrownBy(() -> read(folder, change))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll(folder.toString(), "'b'", "6 bytes", how);
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void fileWithoutPermission_isNamed() throws IOException {
    Path file = Files.writeString(folder.resolve("a"), "1");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("---------"));
    assumeFalse(Files.isReadable(file), "the administrator may read everything");

    assertRefused(folder, file.toString(), "permission denied");
  }

  private static int find(byte[] bytes, byte[] sought) {
    for (int at = 0; at + sought.length <= bytes.length; at++) {
      if (java.util.Arrays.equals(bytes, at, at + sought.length, sought, 0, sought.length)) {
        return at;
      }
    }
    throw new AssertionError("not found");
  }
}
