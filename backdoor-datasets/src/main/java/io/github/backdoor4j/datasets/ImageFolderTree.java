package io.github.backdoor4j.datasets;

import com.google.common.base.Splitter;
import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.datasets.SourceTree.Entry;
import io.github.backdoor4j.datasets.SourceTree.Limits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Which files of a folder or archive are images of which class, told by their names alone. */
final class ImageFolderTree {

  static final Limits LIMITS = Limits.of(5_000_000, 256, 1 << 20);

  private static final Set<String> IGNORED = Set.of("thumbs.db", "desktop.ini", "__macosx");
  private static final String TRAIN = "train";
  private static final List<String> TESTS = List.of("test", "val");
  private static final Splitter PARTS = Splitter.on('/');

  /**
   * Names of the images of both parts, sorted.
   *
   * @param training class by class
   * @param test class by class
   * @param testNames the latter as a set
   */
  record Parts(List<String> training, List<String> test, Set<String> testNames) {

    boolean isTest(String name) {
      return testNames.contains(name);
    }
  }

  private final Path source;

  /** Names by folder, such as {@code "train" -> "cat" -> names}; the folder is "" for one set. */
  private final SortedMap<String, SortedMap<String, List<String>>> sets = new TreeMap<>();

  private ImageFolderTree(Path source) {
    this.source = source;
  }

  /**
   * Looks at the names.
   *
   * @throws DataException if they make no data set: fewer than two classes, a class without images,
   *     other classes in the test set, images too deep
   */
  static ImageFolderTree of(Path source) {
    ImageFolderTree tree = new ImageFolderTree(source);
    List<String> names =
        SourceTree.names(source, LIMITS).stream()
            .filter(ImageFolderTree::isVisible)
            .sorted()
            .toList();
    String root = commonRoot(names);
    List<String> inside = names.stream().filter(name -> name.startsWith(root)).toList();
    Set<String> top = new TreeSet<>();
    inside.forEach(name -> top.addAll(folders(name.substring(root.length()), 1)));
    String test = TESTS.stream().filter(top::contains).findFirst().orElse("");
    if (top.contains(TRAIN) && !test.isEmpty()) {
      tree.add(root + TRAIN + "/", inside);
      tree.add(root + test + "/", inside);
    } else {
      tree.add(root, inside);
    }
    tree.checkClasses();
    return tree;
  }

  private static boolean isVisible(String name) {
    return PARTS
        .splitToStream(name)
        .noneMatch(part -> part.startsWith(".") || IGNORED.contains(part.toLowerCase(Locale.ROOT)));
  }

  /** Folders that hold everything, such as the one that an archive unpacks to; with a last '/'. */
  private static String commonRoot(List<String> names) {
    String root = "";
    while (true) {
      Set<String> first = new HashSet<>();
      int deepest = 0;
      for (String name : names) {
        List<String> parts = PARTS.splitToList(name.substring(root.length()));
        first.add(parts.get(0));
        deepest = Math.max(deepest, parts.size());
      }
      if (first.size() != 1 || deepest < 3) {
        return root;
      }
      root += first.iterator().next() + "/";
    }
  }

  /** The first folders of a name, at most {@code count}; without the file. */
  private static List<String> folders(String name, int count) {
    List<String> parts = PARTS.splitToList(name);
    return parts.subList(0, Math.min(count, parts.size() - 1));
  }

  private void add(String folder, List<String> names) {
    SortedMap<String, List<String>> classes = new TreeMap<>();
    for (String name : names) {
      if (name.startsWith(folder)) {
        List<String> parts = folders(name.substring(folder.length()), 2);
        if (parts.size() == 2) {
          throw problem("%s lies too deep: images lie directly in the folder of their class", name);
        }
        parts.forEach(part -> classes.computeIfAbsent(part, unused -> new ArrayList<>()).add(name));
      }
    }
    sets.put(folder, classes);
    checkNoneEmpty(folder, classes.keySet());
  }

  private void checkNoneEmpty(String folder, Set<String> classes) {
    Path base = source.resolve(folder);
    if (!Files.isDirectory(base)) {
      return; // an archive
    }
    try (Stream<Path> children = Files.list(base)) {
      children
          .filter(Files::isDirectory)
          .map(child -> String.valueOf(child.getFileName()))
          .filter(name -> isVisible(name) && !classes.contains(name))
          .sorted()
          .findFirst()
          .ifPresent(
              name -> {
                throw problem("class folder '%s' has no images; fill or delete it", folder + name);
              });
    } catch (IOException e) {
      throw FolderTree.unreadable(base, e);
    }
  }

  private void checkClasses() {
    SortedSet<String> all = new TreeSet<>();
    sets.values().forEach(set -> all.addAll(set.keySet()));
    if (all.size() < 2) {
      throw problem(
          "expected are at least two sub-folders with images, one for each class, or train and test"
              + " folders with those; found: %s",
          all.isEmpty() ? "none" : all.first());
    }
    sets.forEach(
        (folder, set) -> {
          SortedSet<String> missing = new TreeSet<>(all);
          missing.removeAll(set.keySet());
          if (!missing.isEmpty()) {
            throw problem("%s lacks the class(es) %s", folder, String.join(", ", missing));
          }
        });
  }

  /** Class names in label order: sorted. */
  List<String> classes() {
    return List.copyOf(sets.values().iterator().next().keySet());
  }

  /** Both parts, the test set being drawn where there is none. */
  Parts parts(double testShare, Seed seed) {
    List<String> training = new ArrayList<>();
    List<String> test = new ArrayList<>();
    if (sets.size() == 2) {
      sets.forEach(
          (folder, set) ->
              set.values().forEach(folder.endsWith(TRAIN + "/") ? training::addAll : test::addAll));
    } else {
      sets.values()
          .iterator()
          .next()
          .forEach((name, images) -> draw(name, images, testShare, seed, training, test));
    }
    return new Parts(training, test, Set.copyOf(test));
  }

  /** Draws from one class, by its name, so that another class does not change the draw. */
  private void draw(
      String name,
      List<String> images,
      double share,
      Seed seed,
      List<String> training,
      List<String> test) {
    int n = images.size();
    if (n < 2) {
      throw problem("class '%s' has one image; a test set can be drawn from two or more", name);
    }
    long count = Math.min(n - 1, Math.max(1, Math.round(n * share)));
    long[] order = Tensors.permutation(n, seed.child("image-folder-test").child(name));
    Set<String> drawn = new HashSet<>();
    for (int i = 0; i < count; i++) {
      drawn.add(images.get((int) order[i]));
    }
    images.forEach(image -> (drawn.contains(image) ? test : training).add(image));
  }

  /** Labels of images by their names. */
  long[] labels(List<String> names) {
    List<String> classes = classes();
    return names.stream()
        .mapToLong(
            name -> {
              List<String> folders = folders(name, Integer.MAX_VALUE);
              return classes.indexOf(folders.get(folders.size() - 1));
            })
        .toArray();
  }

  /** Reads all images of both parts. */
  void read(Consumer<Entry> sink) {
    Set<String> wanted = new HashSet<>();
    sets.values().forEach(set -> set.values().forEach(wanted::addAll));
    SourceTree.read(source, LIMITS, wanted::contains, sink);
  }

  private DataException problem(String template, Object... args) {
    return new DataException(
        "data set 'image-folder', %s: %s", source, String.format(Locale.ROOT, template, args));
  }
}
