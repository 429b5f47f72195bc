package io.github.backdoor4j.datasets;

import io.github.backdoor4j.core.DataException;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.jspecify.annotations.Nullable;

/** The files of a tar archive, plain or gzipped. */
final class TarTree {

  private static final int BLOCK = 512;
  private static final int BUFFER = 1 << 16;

  /** Long names and extended headers of one entry; real ones have a few hundred bytes. */
  private static final long MOST_HEADER_BYTES = 1 << 20;

  private final MeteredStream raw;
  private final TarArchiveInputStream tar;
  private final TreeVisitor visitor;

  private TarTree(MeteredStream raw, TreeVisitor visitor) {
    this.raw = raw;
    this.tar = new TarArchiveInputStream(raw, StandardCharsets.UTF_8.name());
    this.visitor = visitor;
  }

  /**
   * Visits all files in the order of the archive, and reads it to its end.
   *
   * @throws IOException if the file cannot be opened
   */
  static void visit(Path archive, boolean gzipped, TreeVisitor visitor) throws IOException {
    try (InputStream file = Files.newInputStream(archive)) {
      MeteredStream raw = new MeteredStream(unpacked(archive, file, gzipped, visitor));
      new TarTree(raw, visitor).visit();
    }
  }

  private static InputStream unpacked(
      Path archive, InputStream file, boolean gzipped, TreeVisitor visitor) {
    try {
      BufferedInputStream in =
          new BufferedInputStream(gzipped ? new GZIPInputStream(file, BUFFER) : file, BUFFER);
      in.mark(BLOCK);
      byte[] head = in.readNBytes(BLOCK);
      in.reset();
      if (!ArchiveKind.isTar(head)) {
        throw new DataException(
            "%s is gzipped, but holds no tar archive. Fetch the official archive.", archive);
      }
      return in;
    } catch (IOException e) {
      throw visitor.broken(e);
    }
  }

  private void visit() {
    for (TarArchiveEntry entry = next(); entry != null; entry = next()) {
      String name = visitor.enter(entry.getName());
      checkKind(name, entry);
      if (entry.isDirectory()) {
        skip(name, entry.getSize());
      } else if (visitor.wants(name)) {
        visitor.accept(name, content(name, entry.getSize()));
      } else {
        skip(name, entry.getSize());
      }
    }
    drain();
  }

  private @Nullable TarArchiveEntry next() {
    long header = (raw.position() + BLOCK - 1) / BLOCK * BLOCK; // behind the padding
    raw.allow(MOST_HEADER_BYTES);
    TarArchiveEntry entry;
    try {
      entry = tar.getNextEntry();
      if (entry == null && raw.position() < header + BLOCK) {
        throw new EOFException("its end mark is missing");
      }
    } catch (IOException | IllegalArgumentException | IndexOutOfBoundsException e) {
      throw visitor.broken(e); // the library checks headers with both kinds
    }
    raw.allow(Long.MAX_VALUE);
    return entry;
  }

  private void checkKind(String name, TarArchiveEntry entry) {
    boolean plain =
        switch (entry.getLinkFlag()) {
          case TarConstants.LF_NORMAL,
              TarConstants.LF_OLDNORM,
              TarConstants.LF_CONTIG,
              TarConstants.LF_DIR ->
              !entry.isSparse();
          default -> false;
        };
    if (!plain) {
      throw visitor.refused(
          name,
          "is neither a file nor a folder, but a %s; such archives are refused",
          entry.isSymbolicLink() || entry.isLink() ? "link" : "device, sparse file or the like");
    }
  }

  private byte[] content(String name, long size) {
    try {
      byte[] content = visitor.content(name, size, tar);
      if (content.length < size) {
        throw new EOFException("entry '" + name + "' ends too early");
      }
      return content;
    } catch (IOException e) {
      throw visitor.broken(e);
    }
  }

  private void skip(String name, long size) {
    visitor.count(name, size);
    try {
      tar.skipNBytes(size);
    } catch (IOException e) {
      throw visitor.broken(e);
    }
  }

  /** Reads what follows the end mark, because the checksum of gzip comes last. */
  private void drain() {
    byte[] buffer = new byte[BUFFER];
    try {
      for (int read = raw.read(buffer); read >= 0; read = raw.read(buffer)) {
        visitor.count("padding after the end", read);
      }
    } catch (IOException e) {
      throw visitor.broken(e);
    }
  }
}
