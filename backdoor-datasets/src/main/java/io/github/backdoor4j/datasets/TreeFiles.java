package io.github.backdoor4j.datasets;

import io.github.backdoor4j.datasets.SourceTree.Limits;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The files that a cache looks at to notice that a source has changed. */
final class TreeFiles {

  private TreeFiles() {}

  /** The archive itself, or all files below the folder. */
  static List<Path> of(Path source, Limits limits) {
    return Files.isDirectory(source)
        ? SourceTree.names(source, limits).stream().map(source::resolve).toList()
        : List.of(source);
  }
}
