package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.Download;
import io.github.backdoor4j.core.Downloader;
import java.util.ArrayList;
import java.util.List;

/** How files that can be fetched are shown. */
final class DownloadText {

  private static final int WIDTH = 84;

  private DownloadText() {}

  /** Name, size and checksum, then the addresses. */
  static List<String> lines(Download download) {
    List<String> lines = new ArrayList<>();
    lines.add(
        download.file()
            + ", "
            + (download.bytes() < 0 ? "size unknown" : DataFolders.mebibytes(download.bytes()))
            + ", "
            + checksum(download));
    download.addresses().forEach(address -> lines.add("  " + address));
    return lines;
  }

  private static String checksum(Download download) {
    if (download.checksum().isEmpty()) {
      return "no checksum published";
    }
    String part = download.partialChecksum() ? "… (its first digits)" : "";
    return download.checksum() + part + (download.confirmed() ? "" : " (unconfirmed)");
  }

  /** What a file that is there now is known to be. */
  static String fetched(List<Download> declared, Downloader.Fetched file) {
    String name = String.valueOf(file.file().getFileName());
    boolean partial = declared.stream().anyMatch(d -> d.file().equals(name) && d.partialChecksum());
    String known = partial ? ", its first digits as published" : ", as published";
    return name
        + ": "
        + (file.fresh() ? "fetched" : "was there")
        + ", "
        + DataFolders.mebibytes(file.bytes())
        + ", "
        + file.checksum()
        + (file.confirmed() ? known : ", unconfirmed");
  }

  /** The terms of use of all files, each once. */
  static List<String> terms(List<Download> downloads) {
    List<String> lines = new ArrayList<>();
    downloads.stream()
        .map(Download::terms)
        .filter(text -> !text.isEmpty())
        .distinct()
        .forEach(text -> lines.addAll(Text.wrap("Terms: " + text, WIDTH)));
    return lines;
  }
}
