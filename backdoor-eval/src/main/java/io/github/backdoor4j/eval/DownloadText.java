package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.Download;
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
    return download.checksum() + (download.confirmed() ? "" : " (unconfirmed)");
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
