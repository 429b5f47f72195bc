package io.github.backdoor4j.datasets;

import com.google.common.base.Splitter;
import io.github.backdoor4j.core.DataException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** The text files of Tiny-ImageNet: which classes there are, and which of them a test image has. */
final class TinyImageNetLists {

  private static final Splitter CELLS = Splitter.on('\t');
  private static final Pattern PLAIN_NAME = Pattern.compile("[\\w.-]{1,200}");
  private static final String REMEDY = " Fetch the archive again.";

  private TinyImageNetLists() {}

  private static List<String> lines(byte[] file) {
    return new String(file, StandardCharsets.UTF_8).lines().toList();
  }

  /**
   * Reads the list of classes.
   *
   * @param list its name, for messages
   * @param ids the WordNet ids it should hold, in any order
   * @throws DataException if it holds others
   */
  static void checkIds(String list, byte[] file, List<String> ids) {
    List<String> lines = lines(file);
    if (!new TreeSet<>(lines).equals(new TreeSet<>(ids))) {
      throw new DataException(
          "%s should list the %d official WordNet ids, but lists %d, %d of them others." + REMEDY,
          list,
          ids.size(),
          lines.size(),
          lines.stream().filter(line -> !ids.contains(line)).count());
    }
  }

  /**
   * Reads the annotations of the test images, of which each row has a file name, a class and a box.
   *
   * @param list its name, for messages
   * @param ids the WordNet ids that a class may have
   * @return ids by name of the file
   * @throws DataException if a row has no plain file name or another class, or a file has two rows
   */
  static Map<String, String> annotations(String list, byte[] file, List<String> ids) {
    Map<String, String> idOfName = new HashMap<>();
    List<String> lines = lines(file);
    for (int i = 0; i < lines.size(); i++) {
      List<String> cells = CELLS.splitToList(lines.get(i));
      String place = list + ", line " + (i + 1);
      if (cells.size() < 2 || !PLAIN_NAME.matcher(cells.get(0)).matches()) {
        throw new DataException(
            "%s: '%s' is no file name and WordNet id with a tab between." + REMEDY,
            place,
            EntryNames.shown(lines.get(i)));
      }
      checkId(place, cells.get(1), ids);
      if (idOfName.put(cells.get(0), cells.get(1)) != null) {
        throw new DataException("%s: %s is listed twice." + REMEDY, place, cells.get(0));
      }
    }
    return idOfName;
  }

  /** Refuses a class that is none of the data set's. */
  static void checkId(String place, String id, List<String> ids) {
    if (!ids.contains(id)) {
      throw new DataException(
          "%s: '%s' is none of the %d WordNet ids of the data set." + REMEDY,
          place,
          EntryNames.shown(id),
          ids.size());
    }
  }
}
