package io.github.backdoor4j.datasets;

import com.google.common.base.Splitter;
import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.datasets.SourceTree.Limits;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The archive or folder of Tiny-ImageNet. */
final class TinyImageNetFiles {

  static final Limits LIMITS = Limits.of(500_000, 64, 8192);

  private static final String ROOT = "(?:tiny-imagenet-200/)?";
  private static final Pattern IDS = Pattern.compile(ROOT + "wnids\\.txt");
  private static final Pattern ANNOTATIONS = Pattern.compile(ROOT + "val/val_annotations\\.txt");
  private static final Pattern TRAINING =
      Pattern.compile(ROOT + "train/(n\\d{8})/images/([^/]+\\.JPEG)");
  private static final Pattern TEST = Pattern.compile(ROOT + "val/images/([^/]+\\.JPEG)");
  private static final Splitter CELLS = Splitter.on('\t');

  private final Path source;
  private final DatasetSpec spec;
  private final List<String> ids;
  private final SortedSet<String> trainingNames = new TreeSet<>();
  private final Map<String, String> idOfTestName = new HashMap<>();

  /**
   * Looks at the names and reads the lists.
   *
   * @param ids WordNet ids, sorted
   * @throws DataException if classes are missing or unknown, or the list of test images is broken
   */
  TinyImageNetFiles(Path source, DatasetSpec spec, List<String> ids) {
    this.source = source;
    this.spec = spec;
    this.ids = ids;
    for (String name : SourceTree.names(source, LIMITS)) {
      Matcher found = TRAINING.matcher(name);
      if (found.matches()) {
        trainingNames.add(found.group(1) + "/" + found.group(2));
      }
    }
    readLists();
  }

  /** The official classes: names by WordNet id. */
  static SortedMap<String, String> officialClasses() {
    SortedMap<String, String> classes = new TreeMap<>();
    try (InputStream in =
        Objects.requireNonNull(
            TinyImageNetFiles.class.getResourceAsStream("tiny-imagenet-classes.txt"))) {
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      text.lines().map(CELLS::splitToList).forEach(line -> classes.put(line.get(0), line.get(1)));
    } catch (IOException e) {
      throw new UncheckedIOException(e); // the jar is broken
    }
    return classes;
  }

  private void readLists() {
    SourceTree.read(
        source,
        LIMITS,
        name -> IDS.matcher(name).matches() || ANNOTATIONS.matcher(name).matches(),
        entry -> {
          if (IDS.matcher(entry.name()).matches()) {
            TinyImageNetLists.checkIds(place(entry.name()), entry.bytes(), ids);
          } else {
            addTestNames(TinyImageNetLists.annotations(place(entry.name()), entry.bytes(), ids));
          }
        });
    if (idOfTestName.isEmpty()) {
      throw problem("val/val_annotations.txt, with the classes of the test images, is missing");
    }
  }

  private void addTestNames(Map<String, String> annotations) {
    if (!idOfTestName.isEmpty()) {
      throw problem("val/val_annotations.txt is there twice");
    }
    idOfTestName.putAll(annotations);
  }

  /** The training images, of which each class has {@code perClass}. */
  ImageDataset training(int perClass) {
    List<String> names = List.copyOf(trainingNames);
    List<String> labels = names.stream().map(name -> name.substring(0, 9)).toList();
    checkCounts("train", labels, perClass);
    return load(names, labels, TRAINING, found -> found.group(1) + "/" + found.group(2));
  }

  /** The test images, of which each class has {@code perClass}. */
  ImageDataset test(int perClass) {
    List<String> names = List.copyOf(new TreeSet<>(idOfTestName.keySet()));
    List<String> labels = names.stream().map(name -> idOfTestName.getOrDefault(name, "")).toList();
    checkCounts("val", labels, perClass);
    return load(names, labels, TEST, found -> found.group(1));
  }

  private void checkCounts(String part, List<String> labels, int perClass) {
    Map<String, Integer> counts = new TreeMap<>();
    ids.forEach(id -> counts.put(id, 0));
    labels.forEach(id -> counts.merge(id, 1, Integer::sum));
    counts.forEach(
        (id, count) -> {
          TinyImageNetLists.checkId(place(part), id, ids);
          if (count != perClass) {
            throw problem("%s has %d images of class %s, %d expected", part, count, id, perClass);
          }
        });
  }

  private ImageDataset load(
      List<String> names, List<String> labels, Pattern pattern, Function<Matcher, String> nameOf) {
    ImageRows images =
        new ImageRows(
            "data set 'tiny-imagenet', " + source,
            names,
            spec.shape(),
            (row, image) -> checked(names.get(row), image));
    SourceTree.read(
        source,
        LIMITS,
        name -> pattern.matcher(name).matches(),
        entry -> {
          Matcher found = pattern.matcher(entry.name());
          images.add(found.matches() ? nameOf.apply(found) : entry.name(), entry.bytes());
        });
    return new ImageDataset(
        spec, images.finish(), Tensors.ofLongs(labels.stream().mapToLong(ids::indexOf).toArray()));
  }

  /** The official images all have the same size; others were made by somebody. */
  private RgbImage checked(String name, RgbImage image) {
    if (image.height() != spec.shape().height() || image.width() != spec.shape().width()) {
      throw new DataException(
          "%s has %d×%d pixels, 64×64 expected", name, image.width(), image.height());
    }
    return image;
  }

  /** A file or part of this archive or folder, for messages. */
  private String place(String part) {
    return "data set 'tiny-imagenet', " + source + ": " + part;
  }

  private DataException problem(String template, Object... args) {
    return new DataException(
        "%s. Fetch the archive again.", place(String.format(Locale.ROOT, template, args)));
  }
}
