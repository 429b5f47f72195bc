package io.github.backdoor4j.datasets;

import io.github.backdoor4j.core.DataException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarUtils;

/** Kinds of archives, told by their first bytes. */
enum ArchiveKind {
  ZIP,
  TAR,
  GZIP;

  /** Of a tar header; also as much as any other kind needs. */
  private static final int HEADER = 512;

  /** Beginnings of what users have by mistake, as ISO 8859-1 text. */
  private static final Map<String, String> OTHERS =
      Map.of(
          "BZh", "a bzip2 file; unpack it first",
          "\u00fd7zXZ", "an xz file; unpack it first",
          "7z\u00bc\u00af", "a 7z archive; unpack it first",
          "Rar!", "a rar archive; unpack it first",
          "(\u00b5/\u00fd", "a zstd file; unpack it first",
          "<!DOCTYPE", "a web page, as a failed download leaves it; fetch the file again",
          "<!doctype", "a web page, as a failed download leaves it; fetch the file again",
          "<html", "a web page, as a failed download leaves it; fetch the file again",
          "version https://git-lfs", "a Git LFS pointer; fetch the file it stands for");

  /**
   * The kind of a file.
   *
   * @throws DataException if it is none of them, with what it seems to be
   * @throws IOException if it cannot be read
   */
  static ArchiveKind of(Path file) throws IOException {
    if (!Files.isRegularFile(file) && Files.exists(file)) {
      throw new DataException("%s is neither a file nor a folder", file);
    }
    byte[] head;
    try (InputStream in = Files.newInputStream(file)) {
      head = in.readNBytes(HEADER);
    }
    String start = new String(head, StandardCharsets.ISO_8859_1);
    if (start.startsWith("PK\3\4") || start.startsWith("PK\5\6")) {
      return ZIP;
    }
    if (start.startsWith("\u001f\u008b")) {
      return GZIP;
    }
    if (isTar(head)) {
      return TAR;
    }
    throw new DataException(
        "%s is no archive: expected is a folder, or a zip, tar or gzipped tar file, but this is %s",
        file, guess(start));
  }

  /** Whether 512 bytes are the header of a tar entry. */
  static boolean isTar(byte[] head) {
    try {
      return head.length == HEADER && head[0] != 0 && TarUtils.verifyCheckSum(head);
    } catch (IllegalArgumentException e) { // where the checksum should be, there is no number
      return false;
    }
  }

  private static String guess(String start) {
    if (start.isEmpty()) {
      return "an empty file; fetch it again";
    }
    return OTHERS.entrySet().stream()
        .filter(kind -> start.startsWith(kind.getKey()))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElseGet(
            () ->
                String.format(
                    Locale.ROOT,
                    "a file that begins with the bytes%s",
                    start
                        .chars()
                        .limit(4)
                        .mapToObj(b -> String.format(Locale.ROOT, " %02x", b))
                        .reduce("", String::concat)));
  }
}
