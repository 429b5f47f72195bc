package io.github.backdoor4j.datasets;

import io.github.backdoor4j.core.Download;
import io.github.backdoor4j.core.data.Augmentation;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.data.Normalization;
import io.github.backdoor4j.core.spi.DatasetSource;
import io.github.backdoor4j.core.spi.NoOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * CIFAR-10: 50,000 training and 10,000 test photographs of 10 classes, 3×32×32, in the order of the
 * batch files. Loads the binary or the Python version, as the archive or unpacked.
 *
 * @see <a href="https://www.cs.toronto.edu/~kriz/learning-features-2009-TR.pdf">Krizhevsky,
 *     Learning multiple layers of features from tiny images, 2009</a>
 */
public final class Cifar10 implements DatasetSource<NoOptions> {

  private static final List<String> NAMES =
      List.of(
          "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck");

  private static final DatasetSpec SPEC =
      new DatasetSpec(
          "cifar10",
          new ImageShape(CifarKind.CHANNELS, CifarKind.SIDE, CifarKind.SIDE),
          NAMES,
          new Normalization(List.of(0.4914, 0.4822, 0.4465), List.of(0.247, 0.243, 0.261)),
          new Augmentation(4, true));

  static final CifarKind KIND =
      new CifarKind(
          "cifar10",
          List.of("data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5"),
          "test_batch",
          10_000,
          10_000,
          "batches.meta",
          List.of(new CifarKind.Labels("labels", "label_names", "batches.meta.txt", NAMES)));

  private static final SourcePlaces PLACES =
      new SourcePlaces(
          "cifar10",
          List.of("cifar-10-batches-bin", "cifar-10-batches-py"),
          List.of(
              "cifar-10-binary.tar.gz",
              "cifar-10-python.tar.gz",
              "cifar-10-binary.tar",
              "cifar-10-python.tar",
              "cifar-10-binary.zip",
              "cifar-10-python.zip"),
          List.of("data_batch_1.bin", "test_batch.bin", "data_batch_1", "test_batch"),
          "Its archives cifar-10-binary.tar.gz and cifar-10-python.tar.gz come from"
              + " https://www.cs.toronto.edu/~kriz/cifar.html; either will do.");

  private final CifarLoader loader;

  /** Reads the official files. */
  public Cifar10() {
    this(true);
  }

  /** With {@code exact} false, files may have any number of images. */
  Cifar10(boolean exact) {
    loader = new CifarLoader(KIND, SPEC, 0, PLACES, exact);
  }

  @Override
  public String id() {
    return "cifar10";
  }

  @Override
  public List<String> aliases() {
    return List.of("cifar-10");
  }

  @Override
  public NoOptions defaults() {
    return NoOptions.NONE;
  }

  @Override
  public DatasetSpec spec(Optional<Path> folder, NoOptions options) {
    return SPEC;
  }

  @Override
  public Splits load(Optional<Path> folder, NoOptions options) {
    return loader.load(folder);
  }

  @Override
  public List<Path> files(Optional<Path> folder, NoOptions options) {
    return loader.files(folder);
  }

  @Override
  public List<Download> downloads(NoOptions options) {
    return OfficialDownloads.CIFAR_10;
  }

  @Override
  public String description() {
    return "CIFAR-10 (Krizhevsky, 2009; no licence stated): 50,000 training and 10,000 test"
        + " photographs of 10 classes, from cifar-10-binary.tar.gz or cifar-10-python.tar.gz,"
        + " packed or unpacked; not embedded.";
  }
}
