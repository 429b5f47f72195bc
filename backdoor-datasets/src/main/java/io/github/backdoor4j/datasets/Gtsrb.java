package io.github.backdoor4j.datasets;

import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.Download;
import io.github.backdoor4j.core.UsageException;
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
 * GTSRB, the German Traffic Sign Recognition Benchmark: 39,209 training and 12,630 test images of
 * 43 signs, 15 to 250 pixels wide and high, squashed to 3×32×32.
 *
 * <p>Loads from a folder that holds the three official archives, packed or unpacked: {@code
 * GTSRB_Final_Training_Images.zip}, {@code GTSRB_Final_Test_Images.zip} and {@code
 * GTSRB_Final_Test_GT.zip}. Training images come class by class in the order of the tables, test
 * images in the order of {@code GT-final_test.csv}. The benchmark does not normalise them: mean 0,
 * deviation 1.
 *
 * @see <a href="https://doi.org/10.1016/j.neunet.2012.02.016">Stallkamp, Schlipsing, Salmen and
 *     Igel, Man vs. computer: benchmarking machine learning algorithms for traffic sign
 *     recognition, 2012</a>
 */
public final class Gtsrb implements DatasetSource<Gtsrb.Options> {

  /**
   * How the images are served.
   *
   * @param cropRoi whether each image is cut to the box of its table before it is resized
   */
  public record Options(
      @Doc(
              "cut each image to the sign's box (left and top inclusive, right and bottom exclusive)"
                  + " before it is resized; the benchmark does not")
          boolean cropRoi) {}

  private static final DatasetSpec SPEC =
      new DatasetSpec(
          "gtsrb",
          new ImageShape(3, 32, 32),
          List.of(
              "Speed limit 20 km/h",
              "Speed limit 30 km/h",
              "Speed limit 50 km/h",
              "Speed limit 60 km/h",
              "Speed limit 70 km/h",
              "Speed limit 80 km/h",
              "End of speed limit 80 km/h",
              "Speed limit 100 km/h",
              "Speed limit 120 km/h",
              "No passing",
              "No passing for vehicles over 3.5 t",
              "Right-of-way at the next intersection",
              "Priority road",
              "Yield",
              "Stop",
              "No vehicles",
              "No vehicles over 3.5 t",
              "No entry",
              "General caution",
              "Dangerous curve to the left",
              "Dangerous curve to the right",
              "Double curve",
              "Bumpy road",
              "Slippery road",
              "Road narrows on the right",
              "Road work",
              "Traffic signals",
              "Pedestrians",
              "Children crossing",
              "Bicycles crossing",
              "Beware of ice and snow",
              "Wild animals crossing",
              "End of all speed and passing limits",
              "Turn right ahead",
              "Turn left ahead",
              "Ahead only",
              "Go straight or right",
              "Go straight or left",
              "Keep right",
              "Keep left",
              "Roundabout mandatory",
              "End of no passing",
              "End of no passing for vehicles over 3.5 t"),
          Normalization.uniform(3, 0, 1),
          new Augmentation(4, false));

  private final int trainingCount;
  private final int testCount;

  /** The official data set. */
  public Gtsrb() {
    this(39_209, 12_630);
  }

  /** One of another size. */
  Gtsrb(int trainingCount, int testCount) {
    this.trainingCount = trainingCount;
    this.testCount = testCount;
  }

  @Override
  public String id() {
    return "gtsrb";
  }

  @Override
  public Options defaults() {
    return new Options(false);
  }

  @Override
  public DatasetSpec spec(Optional<Path> folder, Options options) {
    return SPEC;
  }

  @Override
  public Splits load(Optional<Path> folder, Options options) {
    GtsrbFiles files =
        GtsrbFiles.find(
            folder.orElseThrow(
                () ->
                    new UsageException(
                        "data set 'gtsrb' is not embedded: give the folder with its three archives."
                            + " %s",
                        GtsrbFiles.REMEDY)));
    List<GtsrbRow> training = files.trainingRows(SPEC.classes());
    checkCount("training", training.size(), trainingCount, files.training());
    List<GtsrbRow> test = files.testRows(SPEC.classes());
    checkCount("test", test.size(), testCount, files.testTable());
    return new Splits(
        files.load(SPEC, files.training(), training, options.cropRoi()),
        files.load(SPEC, files.test(), test, options.cropRoi()));
  }

  @Override
  public List<Path> files(Optional<Path> folder, Options options) {
    return folder.map(given -> GtsrbFiles.find(given).all()).orElse(List.of());
  }

  private static void checkCount(String part, int found, int expected, Path source) {
    if (found != expected) {
      throw new DataException(
          "data set 'gtsrb': the tables in %s list %,d %s images, %,d expected. %s",
          source, found, part, expected, GtsrbFiles.REMEDY);
    }
  }

  @Override
  public List<Download> downloads(Options options) {
    return OfficialDownloads.GTSRB;
  }

  @Override
  public String description() {
    return "GTSRB (Institut für Neuroinformatik, Ruhr-Universität Bochum; free for research): 39,209"
        + " training and 12,630 test images of 43 traffic signs, from a folder with the three"
        + " official archives; not embedded.";
  }
}
