package io.github.backdoor4j.core.spi;

import io.github.backdoor4j.core.Download;
import io.github.backdoor4j.core.Downloader;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.data.DatasetCache;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.record.Json;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A data set that can be loaded: embedded, or from files the user has. Never downloads unasked:
 * {@link #load} never, {@link #prepare} on purpose.
 *
 * @param <O> options such as which labels of several; {@link NoOptions} where there are none
 */
public interface DatasetSource<O extends Record> extends Named {

  /** The options that the benchmark uses. */
  O defaults();

  /**
   * What the data set is; may look at the names of files, but does not read them.
   *
   * @param folder where the user keeps the files; absent for embedded data or the default place
   * @throws io.github.backdoor4j.core.UsageException if it depends on the files and there is no
   *     folder
   */
  DatasetSpec spec(Optional<Path> folder, O options);

  /**
   * Loads training and test images.
   *
   * @param folder where the user keeps the files; absent for embedded data or the default place
   * @throws io.github.backdoor4j.core.DataException if files are missing or broken
   */
  Splits load(Optional<Path> folder, O options);

  /** What the data set is with its default options; absent where that depends on the files. */
  default Optional<DatasetSpec> published() {
    return Optional.of(spec(Optional.empty(), defaults()));
  }

  /**
   * One sentence on origin, size and licence.
   *
   * @return text for people
   */
  default String description() {
    return id();
  }

  /** Whether it loads without files of the user's. */
  default boolean embedded() {
    return false;
  }

  /**
   * Counts the ways in which this source has decoded files; raise it when equal files come to
   * decode to other images, so that caches notice.
   */
  default int version() {
    return 1;
  }

  /**
   * The files that {@link #load} would read, for a cache to notice changes by; found without
   * reading them.
   *
   * @param folder as for {@link #load}
   * @return empty to say: do not cache
   */
  default List<Path> files(Optional<Path> folder, O options) {
    return List.of();
  }

  /** The files that can be fetched for these options; empty if it must come by other means. */
  default List<Download> downloads(O options) {
    return List.of();
  }

  /**
   * Fetches what is missing of {@link #downloads} and checks what is there.
   *
   * @param folder made where needed; {@link #load} can be given it afterwards
   * @return every file, in the order in which they are declared
   * @throws UsageException if there is nothing to fetch, or the downloader is offline and a file is
   *     missing
   * @throws io.github.backdoor4j.core.DataException as {@link Downloader#fetch}
   */
  default List<Downloader.Fetched> prepare(Path folder, O options, Downloader downloader) {
    List<Download> downloads = downloads(options);
    if (downloads.isEmpty()) {
      throw new UsageException(
          "data set '%s' declares no files to fetch%s.",
          id(), embedded() ? ": it is embedded" : "; put them into a folder yourself");
    }
    return downloads.stream().map(download -> downloader.fetch(download, folder)).toList();
  }

  /**
   * What names the decoded form of these files in a cache.
   *
   * @return empty if this source does not want to be cached
   */
  default Optional<DatasetCache.Key> cacheKey(Optional<Path> folder, O options) {
    List<Path> files = files(folder, options);
    return files.isEmpty()
        ? Optional.empty()
        : Optional.of(new DatasetCache.Key(id(), version(), Json.write(options), files));
  }

  /**
   * Loads as {@link #load(Optional, Record)} does, from a cache where that knows the decoded form
   * of these very files.
   *
   * @throws io.github.backdoor4j.core.DataException if files are missing, broken or changed while
   *     they were read
   */
  default Splits load(Optional<Path> folder, O options, DatasetCache cache) {
    Optional<DatasetCache.Key> key = cacheKey(folder, options);
    if (key.isEmpty()) {
      return load(folder, options);
    }
    List<ImageDataset> parts =
        cache.load(
            key.get(),
            () -> {
              Splits decoded = load(folder, options);
              return List.of(decoded.training(), decoded.test());
            });
    return new Splits(parts.get(0), parts.get(1));
  }

  /**
   * Both parts of a data set.
   *
   * @param training in official order
   * @param test in official order
   */
  record Splits(ImageDataset training, ImageDataset test) {}
}
