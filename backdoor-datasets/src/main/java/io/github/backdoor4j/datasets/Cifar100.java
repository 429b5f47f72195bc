package io.github.backdoor4j.datasets;

import com.google.common.base.Splitter;
import io.github.backdoor4j.core.Download;
import io.github.backdoor4j.core.data.Augmentation;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.data.Normalization;
import io.github.backdoor4j.core.record.Doc;
import io.github.backdoor4j.core.spi.DatasetSource;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * CIFAR-100: 50,000 training and 10,000 test photographs of 100 classes in 20 groups, 3×32×32, in
 * the order of the files. Loads the binary or the Python version, as the archive or unpacked.
 *
 * @see <a href="https://www.cs.toronto.edu/~kriz/learning-features-2009-TR.pdf">Krizhevsky,
 *     Learning multiple layers of features from tiny images, 2009</a>
 */
public final class Cifar100 implements DatasetSource<Cifar100.Options> {

  /** Which of its two labels an image has. */
  public enum Labels {
    /** The 20 groups. */
    COARSE,
    /** The 100 classes. */
    FINE
  }

  /**
   * Options of the data set.
   *
   * @param labels which labels
   */
  public record Options(@Doc("which labels: 100 classes or their 20 groups") Labels labels) {}

  private static final List<String> COARSE =
      Splitter.on(' ')
          .splitToList(
              "aquatic_mammals fish flowers food_containers fruit_and_vegetables"
                  + " household_electrical_devices household_furniture insects large_carnivores"
                  + " large_man-made_outdoor_things large_natural_outdoor_scenes"
                  + " large_omnivores_and_herbivores medium_mammals non-insect_invertebrates people"
                  + " reptiles small_mammals trees vehicles_1 vehicles_2");

  private static final List<String> FINE =
      Splitter.on(' ')
          .splitToList(
              "apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge"
                  + " bus butterfly camel can castle caterpillar cattle chair chimpanzee clock cloud"
                  + " cockroach couch crab crocodile cup dinosaur dolphin elephant flatfish forest"
                  + " fox girl hamster house kangaroo keyboard lamp lawn_mower leopard lion lizard"
                  + " lobster man maple_tree motorcycle mountain mouse mushroom oak_tree orange"
                  + " orchid otter palm_tree pear pickup_truck pine_tree plain plate poppy porcupine"
                  + " possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk"
                  + " skyscraper snail snake spider squirrel streetcar sunflower sweet_pepper table"
                  + " tank telephone television tiger tractor train trout tulip turtle wardrobe whale"
                  + " willow_tree wolf woman worm");

  static final CifarKind KIND =
      new CifarKind(
          "cifar100",
          List.of("train"),
          "test",
          50_000,
          10_000,
          "meta",
          List.of( // in the order of Labels
              new CifarKind.Labels(
                  "coarse_labels", "coarse_label_names", "coarse_label_names.txt", COARSE),
              new CifarKind.Labels(
                  "fine_labels", "fine_label_names", "fine_label_names.txt", FINE)));

  private static final SourcePlaces PLACES =
      new SourcePlaces(
          "cifar100",
          List.of("cifar-100-binary", "cifar-100-python"),
          List.of(
              "cifar-100-binary.tar.gz",
              "cifar-100-python.tar.gz",
              "cifar-100-binary.tar",
              "cifar-100-python.tar",
              "cifar-100-binary.zip",
              "cifar-100-python.zip"),
          List.of("train.bin", "test.bin", "train", "test"),
          "Its archives cifar-100-binary.tar.gz and cifar-100-python.tar.gz come from"
              + " https://www.cs.toronto.edu/~kriz/cifar.html; either will do.");

  private final boolean exact;

  /** Reads the official files. */
  public Cifar100() {
    this(true);
  }

  /** With {@code exact} false, files may have any number of images. */
  Cifar100(boolean exact) {
    this.exact = exact;
  }

  @Override
  public String id() {
    return "cifar100";
  }

  @Override
  public List<String> aliases() {
    return List.of("cifar-100");
  }

  @Override
  public Options defaults() {
    return new Options(Labels.FINE);
  }

  @Override
  public DatasetSpec spec(Optional<Path> folder, Options options) {
    return new DatasetSpec(
        "cifar100",
        new ImageShape(CifarKind.CHANNELS, CifarKind.SIDE, CifarKind.SIDE),
        KIND.labels().get(chosen(options)).names(),
        new Normalization(List.of(0.5071, 0.4865, 0.4409), List.of(0.2673, 0.2564, 0.2762)),
        new Augmentation(4, false)); // the benchmark flips CIFAR-10 only
  }

  @Override
  public Splits load(Optional<Path> folder, Options options) {
    return new CifarLoader(KIND, spec(folder, options), chosen(options), PLACES, exact)
        .load(folder);
  }

  private static int chosen(Options options) {
    return options.labels() == Labels.COARSE ? 0 : 1;
  }

  @Override
  public List<Path> files(Optional<Path> folder, Options options) {
    return new CifarLoader(KIND, spec(folder, options), chosen(options), PLACES, exact)
        .files(folder);
  }

  @Override
  public List<Download> downloads(Options options) {
    return OfficialDownloads.CIFAR_100;
  }

  @Override
  public String description() {
    return "CIFAR-100 (Krizhevsky, 2009; no licence stated): 50,000 training and 10,000 test"
        + " photographs of 100 classes in 20 groups, from cifar-100-binary.tar.gz or"
        + " cifar-100-python.tar.gz, packed or unpacked; not embedded.";
  }
}
