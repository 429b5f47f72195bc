package io.github.backdoor4j.core.spi;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageDataset;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A data set that can be loaded: embedded, or from files the user has. Never downloads unasked.
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

  /**
   * Both parts of a data set.
   *
   * @param training in official order
   * @param test in official order
   */
  record Splits(ImageDataset training, ImageDataset test) {}
}
