package io.github.backdoor4j.datasets;

import java.util.List;
import java.util.stream.Stream;

/**
 * What tells CIFAR-10 and CIFAR-100 apart.
 *
 * @param id of the data set
 * @param training names of the training files in official order, as in the Python version; those of
 *     the binary version end with ".bin"
 * @param test name of the test file
 * @param perTrainingFile images in a training file
 * @param perTestFile images in the test file
 * @param meta name of the Python version's file of class names
 * @param labels kinds of labels, in the order of the binary records
 */
record CifarKind(
    String id,
    List<String> training,
    String test,
    int perTrainingFile,
    int perTestFile,
    String meta,
    List<Labels> labels) {

  static final int SIDE = 32;
  static final int CHANNELS = 3;
  static final int PIXELS = CHANNELS * SIDE * SIDE;
  private static final String BINARY = ".bin";

  /**
   * A kind of labels.
   *
   * @param key of the labels in the Python version
   * @param namesKey of their names in its meta file
   * @param namesFile file of their names in the binary version
   * @param names official, in label order
   */
  record Labels(String key, String namesKey, String namesFile, List<String> names) {}

  /** Bytes of a binary record: the labels, then the red, green and blue plane. */
  int recordBytes() {
    return labels.size() + PIXELS;
  }

  /** Names of the image files. */
  List<String> files(boolean binary) {
    return Stream.concat(training.stream(), Stream.of(test))
        .map(name -> binary ? name + BINARY : name)
        .toList();
  }

  /** Whether a file with images is of the binary version. */
  static boolean isBinary(String fileName) {
    return fileName.endsWith(BINARY);
  }

  /** How many images a file has officially. */
  int imagesIn(String fileName) {
    String plain = fileName.replace(BINARY, "");
    return plain.equals(test) ? perTestFile : perTrainingFile;
  }

  boolean isImages(String fileName) {
    return files(true).contains(fileName) || files(false).contains(fileName);
  }

  boolean isNames(String fileName) {
    return fileName.equals(meta)
        || labels.stream().anyMatch(kind -> kind.namesFile().equals(fileName));
  }
}
