package io.github.backdoor4j.datasets;

import io.github.backdoor4j.core.DataException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** The files below a folder. */
final class FolderTree {

  private final Path root;
  private final TreeVisitor visitor;

  private FolderTree(Path root, TreeVisitor visitor) {
    this.root = root;
    this.visitor = visitor;
  }

  /** Visits all files in sorted order of their relative names. */
  static void visit(Path root, TreeVisitor visitor) {
    new FolderTree(root, visitor).visit();
  }

  private void visit() {
    SortedMap<String, BasicFileAttributes> files = new TreeMap<>();
    try {
      Files.walkFileTree(root.toRealPath(), new Lister(root.toRealPath(), files));
    } catch (IOException e) {
      throw unreadable(root, e);
    }
    for (Map.Entry<String, BasicFileAttributes> file : files.entrySet()) {
      if (visitor.wants(file.getKey())) {
        take(file.getKey(), file.getValue());
      }
    }
  }

  private void take(String name, BasicFileAttributes listed) {
    Path file = root.resolve(name);
    try {
      long size = listed.size();
      if (listed.isSymbolicLink()) {
        size = sizeOfTarget(name, file);
      } else if (!listed.isRegularFile()) {
        throw visitor.refused(name, "is no regular file, but a device, pipe or socket");
      }
      byte[] content;
      try (InputStream in = Files.newInputStream(file)) {
        content = visitor.content(name, size, in);
        checkUnchanged(name, size, content.length + (in.read() < 0 ? 0 : 1));
      }
      visitor.accept(name, content);
    } catch (NoSuchFileException e) {
      throw new DataException(
          e, "%s: file '%s' was there and has vanished. %s", root, name, LEAVE_ALONE);
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  private static final String LEAVE_ALONE = "Leave the folder alone while it is read; try again.";

  private void checkUnchanged(String name, long before, long now) {
    if (before != now) {
      throw new DataException(
          "%s: file '%s' had %,d bytes and has become %s while it was read. %s",
          root, name, before, now < before ? "shorter" : "longer", LEAVE_ALONE);
    }
  }

  private long sizeOfTarget(String name, Path link) throws IOException {
    Path target;
    try {
      target = link.toRealPath();
    } catch (NoSuchFileException e) {
      throw visitor.refused(name, "is a symbolic link to a file that is missing");
    }
    if (!target.startsWith(root.toRealPath())) {
      throw visitor.refused(
          name, "is a symbolic link that leads out of the folder; copy the file itself there");
    }
    if (!Files.isRegularFile(target)) {
      throw visitor.refused(name, "is a symbolic link to something that is no file");
    }
    return Files.size(target);
  }

  /** What a failure of the file system means to the user. */
  static DataException unreadable(Path path, IOException cause) {
    if (cause instanceof AccessDeniedException denied) {
      return new DataException(
          cause,
          "%s may not be read: permission denied. Change its permissions.",
          denied.getFile());
    }
    if (cause instanceof NoSuchFileException missing) {
      return new DataException(cause, "%s does not exist", missing.getFile());
    }
    return new DataException(cause, "%s cannot be read: %s", path, cause);
  }

  /** Notes every file. Links are noted, not followed. */
  private final class Lister extends SimpleFileVisitor<Path> {

    private final Path base;
    private final SortedMap<String, BasicFileAttributes> files;

    Lister(Path base, SortedMap<String, BasicFileAttributes> files) {
      this.base = base;
      this.files = files;
    }

    @Override
    public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
      if (!folder.equals(base)) {
        name(folder);
      }
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
      String name = name(file);
      if (attributes.isSymbolicLink() && Files.isDirectory(file)) {
        throw visitor.refused(name, "is a symbolic link to a folder; put the folder itself there");
      }
      files.put(name, attributes);
      return FileVisitResult.CONTINUE;
    }

    private String name(Path path) {
      String relative = base.relativize(path).toString();
      return visitor.enter(relative.replace(base.getFileSystem().getSeparator(), "/"));
    }
  }
}
