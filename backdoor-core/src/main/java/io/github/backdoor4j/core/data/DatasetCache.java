package io.github.backdoor4j.core.data;

import io.github.backdoor4j.core.BackdoorException;
import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.Places;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decoded data sets on disk, one file each, mapped into memory instead of being decoded again.
 *
 * <p>Names, sizes and times of the source files tell whether they are still the same; only {@code
 * backdoor4j datasets verify} reads them again. A checksum guards the cached file itself: a damaged
 * one is thrown away and made anew. Several processes may use one folder.
 *
 * <p>A folder that cannot be written to costs a warning and the time to decode, nothing else.
 */
public final class DatasetCache {

  private static final Logger LOG = LoggerFactory.getLogger(DatasetCache.class);
  private static final String SUFFIX = ".safetensors";
  private static final int KEY_DIGITS = 32;
  private static final Duration LONGEST_WRITE = Duration.ofHours(6);
  private static final AtomicBoolean WARNED = new AtomicBoolean();

  /**
   * What a decoded data set was made from.
   *
   * @param dataset id of its source
   * @param version of the source's way to decode
   * @param options of the source, as text
   * @param files that were decoded, at least one
   */
  public record Key(String dataset, int version, String options, List<Path> files) {
    public Key {
      files = List.copyOf(files);
    }
  }

  /**
   * One cached file.
   *
   * @param dataset id of the data set
   * @param file where it is
   * @param bytes its size
   * @param lastUsed when it was made or last read
   */
  public record Entry(String dataset, Path file, long bytes, Instant lastUsed) {}

  private final @Nullable Path folder;

  private DatasetCache(@Nullable Path folder) {
    this.folder = folder;
  }

  /** The cache of this user, in {@code datasets} below {@link Places#cache()}. */
  public static DatasetCache standard() {
    return at(Places.cache().resolve("datasets"));
  }

  /** A cache in a folder, which is made when needed and should hold nothing else. */
  public static DatasetCache at(Path folder) {
    return new DatasetCache(folder.toAbsolutePath());
  }

  /** A cache that keeps nothing. */
  public static DatasetCache off() {
    return new DatasetCache(null);
  }

  /** Where the files are; absent if nothing is kept. */
  public Optional<Path> folder() {
    return Optional.ofNullable(folder);
  }

  /**
   * The decoded parts of a data set, from the cache or else from a decoder.
   *
   * @param decoder reads the files of the key
   * @return as many parts as the decoder gives; their memory belongs to the open scope
   * @throws DataException if a source file is missing, or changed while it was decoded
   */
  public List<ImageDataset> load(Key key, Supplier<List<ImageDataset>> decoder) {
    if (folder == null) {
      return decoder.get();
    }
    String before = SourceFiles.fingerprint(key);
    Path file = fileOf(folder, key, before);
    Optional<List<ImageDataset>> found = find(file, before);
    if (found.isPresent()) {
      return found.get();
    }
    List<ImageDataset> decoded = decoder.get();
    if (!SourceFiles.fingerprint(key).equals(before)) {
      throw new DataException(
          "the files of data set '%s' changed while they were read. Wait until they are complete,"
              + " then try again.",
          key.dataset());
    }
    keep(file, before, decoded);
    return decoded;
  }

  /** What the cache holds for a key, without decoding; reads and checks all of it. */
  public Optional<List<ImageDataset>> find(Key key) {
    if (folder == null) {
      return Optional.empty();
    }
    String fingerprint = SourceFiles.fingerprint(key);
    return find(fileOf(folder, key, fingerprint), fingerprint);
  }

  private static Path fileOf(Path folder, Key key, String fingerprint) {
    return folder.resolve(key.dataset() + "-" + fingerprint.substring(0, KEY_DIGITS) + SUFFIX);
  }

  private static Optional<List<ImageDataset>> find(Path file, String fingerprint) {
    if (!Files.isReadable(file)) {
      return Optional.empty();
    }
    try {
      List<ImageDataset> parts = CachedParts.read(file, fingerprint);
      touch(file);
      return Optional.of(parts);
    } catch (DataException e) {
      LOG.warn("a cached data set is damaged and will be made anew: {}", e.getMessage());
      delete(file);
      return Optional.empty();
    }
  }

  /** The time of the file is that of its last use. */
  private static void touch(Path file) {
    try {
      Files.setLastModifiedTime(file, FileTime.from(Instant.now()));
    } catch (IOException e) {
      LOG.debug("{} keeps its old time: {}", file, e.toString());
    }
  }

  private static boolean delete(Path file) {
    try {
      return Files.deleteIfExists(file);
    } catch (IOException e) { // Windows keeps what somebody has mapped
      LOG.debug("{} stays: {}", file, e.toString());
      return false;
    }
  }

  private static void keep(Path file, String fingerprint, List<ImageDataset> parts) {
    try {
      CachedParts.write(file, fingerprint, parts);
    } catch (BackdoorException e) {
      if (Files.exists(file)) {
        LOG.debug("another process has it mapped: {}", e.getMessage());
      } else if (WARNED.compareAndSet(false, true)) {
        LOG.warn(
            "decoded data cannot be cached, so every start decodes anew: {} Set BACKDOOR4J_CACHE"
                + " to a folder that can be written to.",
            e.getMessage());
      }
    }
  }

  /** All cached files, the one used last first. */
  public List<Entry> entries() {
    if (folder == null || !Files.isDirectory(folder)) {
      return List.of();
    }
    List<Entry> entries = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(DatasetCache::isOurs).toList()) {
        String name = String.valueOf(file.getFileName());
        String dataset = name.substring(0, name.length() - SUFFIX.length() - KEY_DIGITS - 1);
        entries.add(
            new Entry(
                dataset, file, Files.size(file), Files.getLastModifiedTime(file).toInstant()));
      }
    } catch (IOException e) {
      throw new DataException(
          e, "the cache %s cannot be listed: %s. Check its permissions.", folder, e);
    }
    entries.sort(Comparator.comparing(Entry::lastUsed).reversed().thenComparing(Entry::file));
    return entries;
  }

  private static boolean isOurs(Path file) {
    return String.valueOf(file.getFileName())
        .matches("[^.].*-[0-9a-f]{" + KEY_DIGITS + "}\\" + SUFFIX);
  }

  /**
   * Deletes files; running programs that have one mapped keep it, except on Windows, where the file
   * stays.
   *
   * @param which decides what goes: {@link #all}, {@link #unusedSince}, {@link #notTheNewest}
   * @return what is gone
   */
  public List<Entry> prune(Predicate<Entry> which) {
    sweep();
    return entries().stream().filter(which).filter(entry -> delete(entry.file())).toList();
  }

  /** Removes what processes that were killed have left half-written. */
  private void sweep() {
    if (folder == null || !Files.isDirectory(folder)) {
      return;
    }
    Instant old = Instant.now().minus(LONGEST_WRITE);
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(DatasetCache::isTemporary).toList()) {
        if (Files.getLastModifiedTime(file).toInstant().isBefore(old)) {
          delete(file);
        }
      }
    } catch (IOException e) { // one may be moved to its name just now
      LOG.debug("{} is not swept: {}", folder, e.toString());
    }
  }

  private static boolean isTemporary(Path file) {
    return String.valueOf(file.getFileName()).matches("\\..*\\" + SUFFIX + "\\..*\\.tmp");
  }

  /** Everything. */
  public static Predicate<Entry> all() {
    return entry -> true;
  }

  /** What was not used since then. */
  public static Predicate<Entry> unusedSince(Instant time) {
    return entry -> entry.lastUsed().isBefore(time);
  }

  /** All but the file of each data set that was used last; for one call of {@link #prune}. */
  public static Predicate<Entry> notTheNewest() {
    Set<String> seen = new HashSet<>();
    return entry -> !seen.add(entry.dataset());
  }
}
