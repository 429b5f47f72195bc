package io.github.backdoor4j.datasets;

import io.github.backdoor4j.core.Download;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.data.Augmentation;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.data.Normalization;
import io.github.backdoor4j.core.spi.DatasetSource;
import io.github.backdoor4j.core.spi.NoOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;

/**
 * Tiny-ImageNet: 100,000 training and 10,000 test images of 200 classes, 3×64×64. The test images
 * are the official validation images; those of the official test set have no labels.
 *
 * <p>Loads from {@code tiny-imagenet-200.zip} or the folder {@code tiny-imagenet-200}. A class's
 * label is its position among the sorted WordNet ids, whatever the order in {@code wnids.txt}.
 * Training images come class by class, both parts sorted by file name ({@code val_10.JPEG} before
 * {@code val_2.JPEG}). Grey images get their value on all three channels.
 *
 * @see <a href="http://cs231n.stanford.edu/reports/2015/pdfs/yle_project.pdf">Le and Yang, Tiny
 *     ImageNet visual recognition challenge, 2015</a>
 */
public final class TinyImageNet implements DatasetSource<NoOptions> {

  private static final SourcePlaces PLACES =
      new SourcePlaces(
          "tiny-imagenet",
          List.of("tiny-imagenet-200"),
          List.of("tiny-imagenet-200.zip"),
          List.of("wnids.txt", "val"),
          "The archive comes from http://cs231n.stanford.edu/tiny-imagenet-200.zip.");

  private final SortedMap<String, String> classes;
  private final DatasetSpec spec;
  private final int trainingPerClass;
  private final int testPerClass;

  /** The official data set. */
  public TinyImageNet() {
    this(TinyImageNetFiles.officialClasses(), 500, 50);
  }

  /**
   * One of another size.
   *
   * @param classes names by WordNet id
   */
  TinyImageNet(SortedMap<String, String> classes, int trainingPerClass, int testPerClass) {
    this.classes = classes;
    this.trainingPerClass = trainingPerClass;
    this.testPerClass = testPerClass;
    this.spec =
        new DatasetSpec(
            "tiny-imagenet",
            new ImageShape(3, 64, 64),
            List.copyOf(classes.values()),
            new Normalization(List.of(0.4802, 0.4481, 0.3975), List.of(0.2302, 0.2265, 0.2262)),
            new Augmentation(4, false));
  }

  @Override
  public String id() {
    return "tiny-imagenet";
  }

  @Override
  public List<String> aliases() {
    return List.of("tiny", "tiny-imagenet-200");
  }

  @Override
  public NoOptions defaults() {
    return NoOptions.NONE;
  }

  @Override
  public DatasetSpec spec(Optional<Path> folder, NoOptions options) {
    return spec;
  }

  @Override
  public Splits load(Optional<Path> folder, NoOptions options) {
    Path given =
        folder.orElseThrow(
            () ->
                new UsageException(
                    "data set 'tiny-imagenet' is not embedded: give its archive or folder. %s",
                    PLACES.remedy()));
    TinyImageNetFiles files =
        new TinyImageNetFiles(PLACES.find(given), spec, List.copyOf(classes.keySet()));
    return new Splits(files.training(trainingPerClass), files.test(testPerClass));
  }

  @Override
  public List<Path> files(Optional<Path> folder, NoOptions options) {
    return folder
        .map(given -> TreeFiles.of(PLACES.find(given), TinyImageNetFiles.LIMITS))
        .orElse(List.of());
  }

  @Override
  public List<Download> downloads(NoOptions options) {
    return OfficialDownloads.TINY_IMAGENET;
  }

  @Override
  public String description() {
    return "Tiny-ImageNet (Stanford CS231n, from ImageNet; for research): 100,000 training and"
        + " 10,000 test images of 200 classes at 64 pixels, from tiny-imagenet-200.zip or its"
        + " folder; not embedded.";
  }
}
