package io.github.backdoor4j.datasets;

import io.github.backdoor4j.core.Download;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.spi.DatasetSource;
import io.github.backdoor4j.core.spi.NoOptions;
import java.io.ByteArrayInputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Fashion-MNIST: grey images of ten kinds of clothing, served as 3×32×32.
 *
 * <p>Without a folder, the embedded subset: the first 1,000 training and 200 test images of each
 * class in the official order, 10,000 and 2,000 in all, kept in that order. With a folder, whatever
 * its four IDX files hold: officially 60,000 training and 10,000 test images.
 *
 * <p>The images, 28×28, get two black pixels on every side and the same grey on three channels.
 * Mean 0.2860 and deviation 0.3530 are the published ones, of the images before padding.
 *
 * @see <a href="https://arxiv.org/abs/1708.07747">Xiao, Rasul and Vollgraf, Fashion-MNIST: a novel
 *     image dataset for benchmarking machine learning algorithms, 2017</a>
 */
public final class FashionMnist implements DatasetSource<NoOptions> {

  private static final DatasetSpec SPEC =
      GreyImages.spec(
          "fashion-mnist",
          List.of(
              "T-shirt/top",
              "Trouser",
              "Pullover",
              "Dress",
              "Coat",
              "Sandal",
              "Shirt",
              "Sneaker",
              "Bag",
              "Ankle boot"),
          0.2860,
          0.3530);

  private static final String REMEDY =
      "The files come from https://github.com/zalandoresearch/fashion-mnist or Debian's package"
          + " dataset-fashion-mnist. Without a folder the embedded subset is used.";

  @Override
  public String id() {
    return "fashion-mnist";
  }

  @Override
  public List<String> aliases() {
    return List.of("fmnist");
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
    return folder
        .map(path -> IdxFolder.load(SPEC, path, REMEDY))
        .orElseGet(
            () ->
                embedded(
                    new HashedResources(
                        id(), name -> FashionMnist.class.getResourceAsStream(id() + "/" + name))));
  }

  /** The subset from files that are checked against their hashes. */
  static Splits embedded(HashedResources files) {
    return new Splits(
        part(files, IdxFolder.TRAIN_IMAGES, IdxFolder.TRAIN_LABELS),
        part(files, IdxFolder.TEST_IMAGES, IdxFolder.TEST_LABELS));
  }

  private static ImageDataset part(HashedResources files, String images, String labels) {
    return GreyImages.serve(SPEC, read(files, images, 3), read(files, labels, 1));
  }

  private static IdxFile read(HashedResources files, String name, int dimensions) {
    return IdxFile.read(name, new ByteArrayInputStream(files.unpacked(name)), dimensions);
  }

  @Override
  public boolean embedded() {
    return true;
  }

  @Override
  public List<Download> downloads(NoOptions options) {
    return OfficialDownloads.FASHION_MNIST;
  }

  @Override
  public String description() {
    return "Fashion-MNIST (Zalando SE, MIT licence): embedded are 10,000 training and 2,000 test"
        + " images, the first of each class; the full 60,000 and 10,000 load from a folder with"
        + " the four official IDX files.";
  }
}
