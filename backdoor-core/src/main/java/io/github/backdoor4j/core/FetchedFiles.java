package io.github.backdoor4j.core;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Checks fetched files. Where no checksum is published, the SHA-256 measured at the first sight of
 * the file is kept beside it, in the form that {@code sha256sum --check} reads.
 */
final class FetchedFiles {

  private static final String SUM = ".sha256";

  private FetchedFiles() {}

  /**
   * Reads a whole file and compares it with what is known of it.
   *
   * @param fresh whether it was fetched just now
   * @throws DataException if it is not the declared file
   */
  static Downloader.Fetched check(Download download, Path file, boolean fresh) {
    checkSize(download, file);
    boolean whole = download.confirmed() && !download.partialChecksum();
    String expected = whole ? download.checksum() : remembered(file);
    String found = FileHash.like(expected, file);
    if (download.confirmed() && !download.matches(found)) {
      throw another(download, file, found);
    }
    if (!expected.isEmpty() && !found.equals(expected)) {
      throw changed(file, expected, found);
    }
    if (expected.isEmpty()) {
      remember(file, found);
    }
    return new Downloader.Fetched(file, size(file), found, download.confirmed(), fresh);
  }

  private static DataException another(Download download, Path file, String found) {
    return new DataException(
        "%s is not the published file: its checksum should %s, but is %s. Delete it and fetch it"
            + " again.",
        file, download.expectation(), found);
  }

  private static DataException changed(Path file, String expected, String found) {
    return new DataException(
        "%s has changed since it was first seen: its checksum was %s, but is %s now. Delete it and"
            + " %s, and fetch it again.",
        file, expected, found, sumFile(file).getFileName());
  }

  private static void checkSize(Download download, Path file) {
    long found = size(file);
    if (download.bytes() != Download.UNKNOWN_SIZE && found != download.bytes()) {
      throw new DataException(
          "%s is not the published file: it should have %d bytes, but has %d. Delete it and fetch"
              + " it again.",
          file, download.bytes(), found);
    }
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      throw new DataException(e, "%s cannot be read: %s. Check its permissions.", file, e);
    }
  }

  static Path sumFile(Path file) {
    return file.resolveSibling(file.getFileName() + SUM);
  }

  private static String remembered(Path file) {
    Path sums = sumFile(file);
    try {
      if (!Files.exists(sums)) {
        return "";
      }
      List<String> lines = Files.readAllLines(sums, StandardCharsets.UTF_8);
      String first = lines.isEmpty() ? "" : lines.get(0).split(" ", 2)[0];
      if (first.matches("[0-9a-f]{64}")) {
        return FileHash.SHA256 + ":" + first;
      }
      throw new DataException(
          "%s should hold a SHA-256 in 64 hexadecimal digits, but begins with '%s'. Delete it.",
          sums, first);
    } catch (IOException e) {
      throw new DataException(e, "%s cannot be read: %s. Check its permissions.", sums, e);
    }
  }

  private static void remember(Path file, String hash) {
    String digits = hash.substring(FileHash.SHA256.length() + 1);
    AtomicFiles.replace(sumFile(file), digits + "  " + file.getFileName() + "\n");
  }
}
