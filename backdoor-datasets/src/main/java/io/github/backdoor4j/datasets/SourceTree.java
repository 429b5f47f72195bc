package io.github.backdoor4j.datasets;

import io.github.backdoor4j.core.DataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * The files below a folder or in an archive, read in one pass. Archives are .zip, .tar and gzipped
 * .tar; the first bytes tell which, not the name.
 *
 * <p>Nothing is unpacked onto the disk. Whatever could be meant to mislead is refused with a {@link
 * DataException} that names the archive and the entry: names that lead out of the tree, links,
 * devices, wanted names that occur twice, encrypted entries, contents that do not fit their
 * checksums, and more data than the limits allow.
 *
 * <p>A gzipped archive has its one checksum at the end: what {@link #read} has handed out counts
 * only once it returns.
 */
final class SourceTree {

  /**
   * A file of the tree.
   *
   * @param name relative, with '/' between its parts
   * @param bytes its content
   */
  record Entry(String name, byte[] bytes) {

    /** The last part of the name. */
    String fileName() {
      return name.substring(name.lastIndexOf('/') + 1);
    }
  }

  /**
   * How much a tree may hold. They end archives that unpack to far more than their size.
   *
   * @param maxEntries files and folders, wanted or not
   * @param maxEntryBytes of one wanted file; the most that is held in memory at a time
   * @param maxTotalBytes of all files read or skipped
   */
  record Limits(long maxEntries, long maxEntryBytes, long maxTotalBytes) {

    private static final long LONGEST_ARRAY = Integer.MAX_VALUE - 8;
    private static final long MIB = 1 << 20;

    Limits {
      if (maxEntries < 1 || maxEntryBytes < 0 || maxEntryBytes > LONGEST_ARRAY) {
        throw new IllegalArgumentException(
            "limits of " + maxEntries + " entries of " + maxEntryBytes + " bytes");
      }
    }

    /** Limits in MiB. */
    static Limits of(long maxEntries, long maxEntryMib, long maxTotalMib) {
      return new Limits(maxEntries, maxEntryMib * MIB, maxTotalMib * MIB);
    }
  }

  private SourceTree() {}

  /**
   * Hands out the wanted files: those of a folder sorted by their relative names, those of an
   * archive in its own order.
   *
   * @param source folder or archive
   * @param wanted is asked with the relative name
   * @param sink gets one file at a time; what it throws is passed on
   * @throws DataException if the source is missing, unreadable, broken, refused or over a limit
   */
  static void read(Path source, Limits limits, Predicate<String> wanted, Consumer<Entry> sink) {
    visit(source, new TreeVisitor(source, limits, wanted, sink));
  }

  /**
   * Names of all files, in the order of {@link #read}. A gzipped archive is read to its end for it.
   *
   * @throws DataException as {@link #read} does
   */
  static List<String> names(Path source, Limits limits) {
    List<String> names = new ArrayList<>();
    Predicate<String> noted =
        name -> {
          names.add(name);
          return false;
        };
    visit(source, new TreeVisitor(source, limits, noted, entry -> {}));
    return List.copyOf(names);
  }

  private static void visit(Path source, TreeVisitor visitor) {
    if (Files.isDirectory(source)) {
      FolderTree.visit(source, visitor);
      return;
    }
    try {
      switch (ArchiveKind.of(source)) {
        case ZIP -> ZipTree.visit(source, visitor);
        case TAR -> TarTree.visit(source, false, visitor);
        case GZIP -> TarTree.visit(source, true, visitor);
      }
    } catch (IOException e) {
      throw FolderTree.unreadable(source, e);
    }
  }
}
