package io.github.backdoor4j.datasets;

import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.datasets.SourceTree.Limits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The three parts of GTSRB, each an archive or a folder.
 *
 * @param training with a folder for each class, and in it the images and a table
 * @param test with the images
 * @param testTable with the classes of the test images; may be the plain table
 */
record GtsrbFiles(Path training, Path test, Path testTable) {

  static final String REMEDY =
      "The archives GTSRB_Final_Training_Images.zip, GTSRB_Final_Test_Images.zip and"
          + " GTSRB_Final_Test_GT.zip come from"
          + " https://sid.erda.dk/public/archives/daaeac0d7ce1152aea9b61d9f1e19370/published-archive.html.";

  private static final String TABLE = "GT-final_test.csv";
  private static final Limits LIMITS = Limits.of(200_000, 16, 4096);
  private static final Pattern TRAINING_FILE =
      Pattern.compile("(?:.*/)?(\\d{5})/(\\d{5}_\\d{5}\\.ppm|GT-\\d{5}\\.csv)");
  private static final Pattern TEST_FILE = Pattern.compile("(?:.*/)?(\\d{5}\\.ppm)");

  /**
   * Finds all three.
   *
   * @param given the folder with the archives or the folder {@code GTSRB}, the latter itself, or
   *     one of the archives
   * @throws DataException naming all that are missing
   */
  static GtsrbFiles find(Path given) {
    Path folder = Files.isRegularFile(given) ? parentOf(given) : given;
    List<String> missing = new ArrayList<>();
    GtsrbFiles files =
        new GtsrbFiles(
            find(folder, missing, "Final_Training", "GTSRB_Final_Training_Images.zip"),
            find(folder, missing, "Final_Test", "GTSRB_Final_Test_Images.zip"),
            find(
                folder,
                missing,
                TABLE,
                "Final_Test/" + TABLE,
                "Final_Test/Images/" + TABLE,
                "GTSRB_Final_Test_GT.zip"));
    if (!missing.isEmpty()) {
      throw new DataException(
          "data set 'gtsrb': %s lacks %s. %s", folder, String.join("; ", missing), REMEDY);
    }
    return files;
  }

  private static Path parentOf(Path file) {
    return Objects.requireNonNull(file.toAbsolutePath().getParent(), "a file has a folder");
  }

  private static Path find(Path folder, List<String> missing, String... spellings) {
    return Stream.of(spellings)
        .flatMap(name -> Stream.of(folder.resolve(name), folder.resolve("GTSRB").resolve(name)))
        .filter(Files::exists)
        .findFirst()
        .orElseGet(
            () -> {
              missing.add(String.join(" or ", spellings));
              return folder;
            });
  }

  /** The archives, or all files below the folders. */
  List<Path> all() {
    return Stream.of(training, test, testTable)
        .flatMap(part -> TreeFiles.of(part, LIMITS).stream())
        .toList();
  }

  /** All rows, class by class. */
  List<GtsrbRow> trainingRows(int classes) {
    SortedMap<String, List<GtsrbRow>> tables = new TreeMap<>();
    SourceTree.read(
        training,
        LIMITS,
        name -> name.endsWith(".csv") && TRAINING_FILE.matcher(name).matches(),
        entry -> {
          List<GtsrbRow> rows = GtsrbRow.read(entry.name(), entry.bytes(), classes);
          rows.forEach(row -> checkFolder(row, entry.name()));
          tables.put(shortName(entry.name()), rows);
        });
    return tables.values().stream().flatMap(List::stream).toList();
  }

  private static void checkFolder(GtsrbRow row, String table) {
    String folder = row.inClassFolder().substring(0, 5);
    if (!shortName(table).startsWith(folder + "/")) {
      throw new DataException(
          "%s: %s has class %d, but the images of class %d lie in folder %s",
          table, row.file(), row.label(), row.label(), folder);
    }
  }

  /** Folder and name. */
  private static String shortName(String name) {
    Matcher found = TRAINING_FILE.matcher(name);
    return found.matches() ? found.group(1) + "/" + found.group(2) : name;
  }

  /** All rows, in the order of the table. */
  List<GtsrbRow> testRows(int classes) {
    List<GtsrbRow> rows = new ArrayList<>();
    if (testTable.toString().endsWith(".csv")) {
      rows.addAll(GtsrbRow.read(testTable.toString(), plainTable(), classes));
    } else {
      SourceTree.read(
          testTable,
          LIMITS,
          name -> name.equals(TABLE) || name.endsWith("/" + TABLE),
          entry -> rows.addAll(GtsrbRow.read(entry.name(), entry.bytes(), classes)));
    }
    return rows;
  }

  private byte[] plainTable() {
    try {
      return Files.readAllBytes(testTable);
    } catch (IOException e) {
      throw FolderTree.unreadable(testTable, e);
    }
  }

  /** The images of one part, in the order of its rows. */
  ImageDataset load(DatasetSpec spec, Path part, List<GtsrbRow> rows, boolean box) {
    boolean folders = part.equals(training);
    List<String> names =
        rows.stream().map(row -> folders ? row.inClassFolder() : row.file()).toList();
    ImageRows images =
        new ImageRows(
            "data set 'gtsrb', " + part,
            names,
            spec.shape(),
            (row, image) -> rows.get(row).part(image, box));
    Pattern pattern = folders ? TRAINING_FILE : TEST_FILE;
    SourceTree.read(
        part,
        LIMITS,
        name -> name.endsWith(".ppm") && pattern.matcher(name).matches(),
        entry -> images.add(folders ? shortName(entry.name()) : entry.fileName(), entry.bytes()));
    return new ImageDataset(
        spec, images.finish(), Tensors.ofLongs(rows.stream().mapToLong(GtsrbRow::label).toArray()));
  }
}
