package io.github.backdoor4j.datasets;

import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.datasets.SourceTree.Entry;
import io.github.backdoor4j.datasets.SourceTree.Limits;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** What all kinds of trees have in common: names are checked, bytes counted, wanted files taken. */
final class TreeVisitor {

  private final Path source;
  private final Limits limits;
  private final Predicate<String> wanted;
  private final Consumer<Entry> sink;
  private final Set<String> taken = new HashSet<>();
  private long entries;
  private long bytes;

  TreeVisitor(Path source, Limits limits, Predicate<String> wanted, Consumer<Entry> sink) {
    this.source = source;
    this.limits = limits;
    this.wanted = wanted;
    this.sink = sink;
  }

  Limits limits() {
    return limits;
  }

  /**
   * Counts a file or folder and checks its name.
   *
   * @return the name without parts that mean nothing
   */
  String enter(String rawName) {
    entries++;
    if (entries > limits.maxEntries()) {
      throw new DataException(
          "%s holds more than %,d entries: it is another archive or folder, or made to do harm",
          source, limits.maxEntries());
    }
    return EntryNames.checked(source, rawName);
  }

  /** Whether a file is to be read; no name is wanted twice. */
  boolean wants(String name) {
    if (!wanted.test(name)) {
      return false;
    }
    if (!taken.add(name)) {
      throw refused(name, "occurs twice; which one counts is open. Fetch the archive again");
    }
    return true;
  }

  /** Counts bytes that are about to be read or skipped. */
  void count(String name, long size) {
    bytes += size;
    if (size < 0 || bytes > limits.maxTotalBytes() || bytes < 0) {
      throw refused(
          name,
          "brings the content to more than the %,d bytes allowed: this is another archive or"
              + " folder, or made to do harm",
          limits.maxTotalBytes());
    }
  }

  /**
   * Reads a wanted file.
   *
   * @param size as claimed; checked against the limit before anything is reserved
   * @throws IOException from the stream only
   */
  byte[] content(String name, long size, InputStream in) throws IOException {
    if (size > limits.maxEntryBytes()) {
      throw refused(
          name,
          "has %,d bytes; at most %,d are allowed: this is another file, or made to do harm",
          size,
          limits.maxEntryBytes());
    }
    count(name, size);
    byte[] content = new byte[(int) size];
    int read = in.readNBytes(content, 0, content.length);
    return read == size ? content : Arrays.copyOf(content, read);
  }

  /** Hands a file to the sink. */
  void accept(String name, byte[] content) {
    sink.accept(new Entry(name, content));
  }

  /** An entry that cannot be taken. */
  DataException refused(String name, String why, Object... args) {
    return new DataException(
        "%s: entry '%s' %s", source, EntryNames.shown(name), String.format(Locale.ROOT, why, args));
  }

  /** A source that is no sound archive. */
  DataException broken(Exception cause) {
    return new DataException(
        cause,
        "%s is damaged or cut off: %s. Fetch the file again.",
        source,
        EntryNames.shown(String.valueOf(cause.getMessage())));
  }
}
