package io.github.backdoor4j.datasets;

import static io.github.backdoor4j.core.Checks.require;
import static io.github.backdoor4j.core.Checks.requireRange;

import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.data.Augmentation;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.data.Normalization;
import io.github.backdoor4j.core.record.Doc;
import io.github.backdoor4j.core.spi.DatasetSource;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.Tensors;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Images of one's own, in a folder or archive with one sub-folder for each class, whose name it is.
 *
 * <p>Either {@code train} and {@code test} (or {@code val}) stand above the class folders, with the
 * same classes; where both are there, {@code val} is left alone. Or the class folders stand alone;
 * then a share of each class, drawn by a seed, becomes the test set. Classes and images are sorted
 * by name. Images are squashed to a square; they are PNG, JPEG, BMP, GIF, PPM or PGM. Hidden files
 * and files beside the class folders are left alone; anything else that is no image is an error.
 */
public final class ImageFolder implements DatasetSource<ImageFolder.Options> {

  private static final int CHANNELS = 3;

  /**
   * How the images are served, and how a test set is made.
   *
   * @param size height and width of the images as served
   * @param testShare share of each class that becomes the test set where there is none
   * @param seed of that draw
   * @param flip whether training mirrors images at random
   * @param mean of red, green and blue, for the normalisation
   * @param std deviation of red, green and blue
   */
  public record Options(
      @Doc(value = "height and width that images are squashed to, in pixels", range = "8 to 1024")
          int size,
      @Doc(
              value = "share of each class for the test set; ignored where the folder has one",
              range = "(0, 1)")
          double testShare,
      @Doc("seed that draws the test set; ignored where the folder has one") long seed,
      @Doc("mirror training images at random") boolean flip,
      @Doc(
              value =
                  "mean of red, green and blue in units of [0, 1]; 0.5 maps images to [-1, 1], the"
                      + " figures of the images themselves come from DatasetStatistics",
              range = "three numbers from 0 to 1")
          List<Double> mean,
      @Doc(
              value = "deviation of red, green and blue in units of [0, 1]",
              range = "three positive numbers")
          List<Double> std) {

    public Options {
      requireRange("size", size, 8, 1024);
      require(
          testShare > 0 && testShare < 1, "test_share must lie in (0, 1), but was %s", testShare);
      mean = List.copyOf(mean);
      std = List.copyOf(std);
      require(
          mean.size() == CHANNELS && mean.stream().allMatch(m -> m >= 0 && m <= 1),
          "mean must be three numbers from 0 to 1, but was %s",
          mean);
      require(
          std.size() == CHANNELS && std.stream().allMatch(s -> s > 0 && Double.isFinite(s)),
          "std must be three positive numbers, but was %s",
          std);
    }
  }

  @Override
  public String id() {
    return "image-folder";
  }

  @Override
  public Options defaults() {
    List<Double> half = List.of(0.5, 0.5, 0.5);
    return new Options(32, 0.2, 0, false, half, half);
  }

  @Override
  public DatasetSpec spec(Optional<Path> folder, Options options) {
    return spec(ImageFolderTree.of(given(folder)), options);
  }

  private static DatasetSpec spec(ImageFolderTree tree, Options options) {
    return new DatasetSpec(
        "image-folder",
        new ImageShape(CHANNELS, options.size(), options.size()),
        tree.classes(),
        new Normalization(options.mean(), options.std()),
        new Augmentation(options.size() / 8, options.flip()));
  }

  /** Absent: every folder is another data set. */
  @Override
  public Optional<DatasetSpec> published() {
    return Optional.empty();
  }

  @Override
  public Splits load(Optional<Path> folder, Options options) {
    Path source = given(folder);
    ImageFolderTree tree = ImageFolderTree.of(source);
    DatasetSpec spec = spec(tree, options);
    ImageFolderTree.Parts parts = tree.parts(options.testShare(), new Seed(options.seed()));
    ImageRows training = rows(source, parts.training(), spec);
    ImageRows test = rows(source, parts.test(), spec);
    tree.read(
        entry -> (parts.isTest(entry.name()) ? test : training).add(entry.name(), entry.bytes()));
    return new Splits(
        serve(spec, training, tree.labels(parts.training())),
        serve(spec, test, tree.labels(parts.test())));
  }

  private static ImageRows rows(Path source, List<String> names, DatasetSpec spec) {
    return new ImageRows(
        "data set 'image-folder', " + source, names, spec.shape(), (row, image) -> image);
  }

  private static ImageDataset serve(DatasetSpec spec, ImageRows rows, long[] labels) {
    return new ImageDataset(spec, rows.finish(), Tensors.ofLongs(labels));
  }

  private static Path given(Optional<Path> folder) {
    return folder.orElseThrow(
        () ->
            new UsageException(
                "data set 'image-folder' needs a folder or archive with a sub-folder of images for"
                    + " each class"));
  }

  @Override
  public List<Path> files(Optional<Path> folder, Options options) {
    return folder.map(given -> TreeFiles.of(given, ImageFolderTree.LIMITS)).orElse(List.of());
  }

  @Override
  public String description() {
    return "Images of one's own, from a folder or archive with one sub-folder for each class, with"
        + " or without a test set; PNG, JPEG, BMP, GIF, PPM and PGM.";
  }
}
