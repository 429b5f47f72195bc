package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.Places;
import io.github.backdoor4j.core.data.DatasetCache;
import io.github.backdoor4j.core.spi.DatasetSource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Where files of data sets are when nobody says. */
final class DataFolders {

  private static final double MIB = 1L << 20;

  private DataFolders() {}

  /** Where a data set is fetched to. */
  static Path usual(DatasetSource<?> source) {
    return Places.data().resolve(source.id());
  }

  /** The same, if it exists; never for embedded data, which must not depend on the machine. */
  static Optional<Path> found(DatasetSource<?> source) {
    return source.embedded()
        ? Optional.empty()
        : Optional.of(usual(source)).filter(Files::isDirectory);
  }

  /** A cache in words: place, files, size. */
  static String sizeOf(DatasetCache cache) {
    List<DatasetCache.Entry> entries = cache.entries();
    return cache.folder().map(Path::toString).orElse("off")
        + ", "
        + ReportText.count(entries.size(), "file")
        + ", "
        + mebibytes(entries.stream().mapToLong(DatasetCache.Entry::bytes).sum());
  }

  static String mebibytes(long bytes) {
    return String.format(Locale.ROOT, "%,.1f MiB", bytes / MIB);
  }
}
