package io.github.backdoor4j.datasets;

import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.spi.DatasetSource.Splits;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The four official files of an MNIST-like data set in a folder, gzipped or plain. */
final class IdxFolder {

  static final String TRAIN_IMAGES = "train-images-idx3-ubyte";
  static final String TRAIN_LABELS = "train-labels-idx1-ubyte";
  static final String TEST_IMAGES = "t10k-images-idx3-ubyte";
  static final String TEST_LABELS = "t10k-labels-idx1-ubyte";
  static final List<String> FILES = List.of(TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS);

  private IdxFolder() {}

  /**
   * Loads both parts.
   *
   * @param remedy where the files are to be had, for the message when some are missing
   * @throws DataException if files are missing or broken
   */
  static Splits load(DatasetSpec spec, Path folder, String remedy) {
    checkComplete(spec, folder, remedy);
    return new Splits(
        GreyImages.serve(spec, read(folder, TRAIN_IMAGES, 3), read(folder, TRAIN_LABELS, 1)),
        GreyImages.serve(spec, read(folder, TEST_IMAGES, 3), read(folder, TEST_LABELS, 1)));
  }

  private static void checkComplete(DatasetSpec spec, Path folder, String remedy) {
    if (!Files.isDirectory(folder)) {
      throw new DataException("data set '%s': %s is no folder. %s", spec.id(), folder, remedy);
    }
    List<String> missing = new ArrayList<>();
    for (String file : FILES) {
      if (find(folder, file).isEmpty()) {
        missing.add(String.join(" or ", spellings(file)));
      }
    }
    if (!missing.isEmpty()) {
      throw new DataException(
          "data set '%s': folder %s lacks %s. %s",
          spec.id(), folder, String.join("; ", missing), remedy);
    }
  }

  private static IdxFile read(Path folder, String official, int dimensions) {
    Path file = find(folder, official).orElse(folder.resolve(official));
    try (InputStream in = Files.newInputStream(file)) {
      return IdxFile.read(file.toString(), in, dimensions);
    } catch (IOException e) {
      throw new DataException(e, "%s cannot be read: %s", file, e);
    }
  }

  private static Optional<Path> find(Path folder, String official) {
    return spellings(official).stream()
        .map(folder::resolve)
        .filter(Files::isRegularFile)
        .findFirst();
  }

  /** The official name and the one with a dot that some tools make of it, plain and gzipped. */
  private static List<String> spellings(String official) {
    String dotted = official.replace("-idx", ".idx");
    return List.of(official, official + ".gz", dotted, dotted + ".gz");
  }
}
