package io.github.backdoor4j.core.spi;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageDataset;
import java.nio.file.Path;
import java.util.Optional;

/** A data set that can be loaded: embedded, or from files the user has. Never downloads unasked. */
public interface DatasetSource extends Named {

  /** What the data set is; does not touch files. */
  DatasetSpec spec();

  /**
   * Loads training and test images.
   *
   * @param folder where the user keeps the files; absent for embedded data or the default place
   * @throws io.github.backdoor4j.core.DataException if files are missing or broken
   */
  Splits load(Optional<Path> folder);

  /**
   * One sentence on origin, size and licence.
   *
   * @return text for people
   */
  default String description() {
    return spec().id();
  }

  /**
   * Both parts of a data set.
   *
   * @param training in official order
   * @param test in official order
   */
  record Splits(ImageDataset training, ImageDataset test) {}
}
