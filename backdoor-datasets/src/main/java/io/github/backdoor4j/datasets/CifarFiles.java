package io.github.backdoor4j.datasets;

import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.datasets.SourceTree.Entry;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The files of CIFAR that are found in a folder or archive, decoded as they come. */
final class CifarFiles {

  private static final int SHOWN = 5;

  private final CifarKind kind;
  private final Path source;
  private final boolean exact;
  private final Map<String, CifarPart> parts = new HashMap<>();
  private final List<String> others = new ArrayList<>();

  CifarFiles(CifarKind kind, Path source, boolean exact) {
    this.kind = kind;
    this.source = source;
    this.exact = exact;
  }

  boolean wants(String name) {
    String fileName = name.substring(name.lastIndexOf('/') + 1);
    boolean wanted = kind.isImages(fileName) || kind.isNames(fileName);
    if (!wanted && others.size() < SHOWN) {
      others.add(EntryNames.shown(name));
    }
    return wanted;
  }

  void accept(Entry entry) {
    String name = source + ": " + entry.name();
    String fileName = entry.fileName();
    if (kind.isNames(fileName)) {
      checkNames(name, fileName, entry.bytes());
      return;
    }
    CifarPart part =
        CifarKind.isBinary(fileName)
            ? CifarBinary.read(kind, name, fileName, entry.bytes(), exact)
            : CifarPython.read(kind, name, fileName, entry.bytes(), exact);
    if (parts.put(fileName, part) != null) {
      throw new DataException(
          "%s holds %s more than once, in several folders. Name the one to read.",
          source, fileName);
    }
  }

  /**
   * Which version was found. All of its files are there then.
   *
   * @param remedy where to get them, for messages
   * @throws DataException if files are missing
   */
  boolean isBinary(String remedy) {
    if (parts.isEmpty()) {
      throw new DataException(
          "%s holds no files of '%s' such as %s or %s, but %s. %s",
          source,
          kind.id(),
          kind.files(true).get(0),
          kind.files(false).get(0),
          others.isEmpty() ? "nothing" : String.join(", ", others),
          remedy);
    }
    boolean binary = parts.keySet().stream().anyMatch(CifarKind::isBinary);
    List<String> missing =
        kind.files(binary).stream().filter(name -> !parts.containsKey(name)).toList();
    if (!missing.isEmpty()) {
      throw new DataException(
          "%s lacks %s of '%s'. %s", source, String.join(", ", missing), kind.id(), remedy);
    }
    return binary;
  }

  /** A file whose presence {@link #isBinary} has made sure. */
  CifarPart part(String fileName) {
    CifarPart part = parts.get(fileName);
    if (part == null) {
      throw new DataException("%s lacks %s", source, fileName);
    }
    return part;
  }

  private void checkNames(String name, String fileName, byte[] bytes) {
    for (CifarKind.Labels labels : kind.labels()) {
      if (fileName.equals(kind.meta())) {
        compare(name, CifarPython.names(name, bytes, labels.namesKey()), labels.names());
      } else if (fileName.equals(labels.namesFile())) {
        String text = new String(bytes, StandardCharsets.UTF_8);
        compare(
            name,
            text.lines().map(String::strip).filter(l -> !l.isEmpty()).toList(),
            labels.names());
      }
    }
  }

  private static void compare(String name, List<String> found, List<String> official) {
    for (int i = 0; i < Math.max(found.size(), official.size()); i++) {
      String here = i < found.size() ? EntryNames.shown(found.get(i)) : "missing";
      String there = i < official.size() ? official.get(i) : "missing";
      if (!here.equals(there)) {
        throw new DataException(
            "%s: the name of class %d is '%s', but officially '%s': it is damaged or another file",
            name, i, here, there);
      }
    }
  }
}
