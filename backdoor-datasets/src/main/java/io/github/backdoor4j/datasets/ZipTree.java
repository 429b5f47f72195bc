package io.github.backdoor4j.datasets;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Collections;
import java.util.zip.CRC32;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;

/** The files of a zip archive, as its central directory lists them. */
final class ZipTree {

  /** Bits of the Unix mode that tell files (100000), folders (040000), links and devices apart. */
  private static final int KIND = 0170000;

  private static final int REGULAR = 0100000;
  private static final int FOLDER = 0040000;

  private final ZipFile zip;
  private final TreeVisitor visitor;

  private ZipTree(ZipFile zip, TreeVisitor visitor) {
    this.zip = zip;
    this.visitor = visitor;
  }

  /**
   * Visits all files in the order in which they lie in the archive; checksums are checked of those
   * that are wanted.
   */
  static void visit(Path archive, TreeVisitor visitor) throws IOException {
    try (ZipFile zip = open(archive, visitor)) {
      new ZipTree(zip, visitor).visit();
    }
  }

  private static ZipFile open(Path archive, TreeVisitor visitor) {
    try {
      // the directory alone counts: entries are told by it, and local headers may contradict it
      return ZipFile.builder().setPath(archive).setIgnoreLocalFileHeader(true).get();
    } catch (IOException | IllegalArgumentException e) { // the library has both for bad headers
      throw visitor.broken(e);
    }
  }

  private void visit() {
    for (ZipArchiveEntry entry : Collections.list(zip.getEntriesInPhysicalOrder())) {
      String name = visitor.enter(entry.getName());
      check(name, entry);
      if (!entry.isDirectory() && visitor.wants(name)) {
        visitor.accept(name, content(name, entry));
      }
    }
  }

  private void check(String name, ZipArchiveEntry entry) {
    int kind = entry.getUnixMode() & KIND;
    if (kind != 0 && kind != REGULAR && kind != FOLDER) {
      throw visitor.refused(
          name,
          "is neither a file nor a folder, but a %s; such archives are refused",
          entry.isUnixSymlink() ? "link" : "device or the like");
    }
    if (entry.getGeneralPurposeBit().usesEncryption()) {
      throw visitor.refused(name, "is encrypted; unpack the archive with its password first");
    }
    if (!entry.isDirectory() && !zip.canReadEntryData(entry)) {
      throw visitor.refused(
          name,
          "is compressed by method %d, which cannot be read; unpack the archive first",
          entry.getMethod());
    }
  }

  private byte[] content(String name, ZipArchiveEntry entry) {
    try (InputStream in = zip.getInputStream(entry)) {
      byte[] content = visitor.content(name, entry.getSize(), in);
      CRC32 sum = new CRC32();
      sum.update(content);
      if (content.length < entry.getSize() || in.read() >= 0 || sum.getValue() != entry.getCrc()) {
        throw visitor.refused(
            name, "is damaged: its content does not fit its size and checksum. Fetch it again");
      }
      return content;
    } catch (IOException | IllegalArgumentException e) {
      throw visitor.broken(e);
    }
  }
}
