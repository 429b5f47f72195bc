package io.github.backdoor4j.datasets;

import io.github.backdoor4j.core.DataException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Where a data set may lie. What users name is the archive itself, the unpacked folder, or a folder
 * that holds either.
 *
 * @param dataset id, for messages
 * @param folders names of the unpacked folder, best first
 * @param archives names of the archive, best first
 * @param marks files or folders of which the unpacked folder holds at least one, whatever its name
 * @param remedy where to get the archive, for messages
 */
record SourcePlaces(
    String dataset,
    List<String> folders,
    List<String> archives,
    List<String> marks,
    String remedy) {

  /**
   * The folder or archive to read; unpacked folders come before archives.
   *
   * @param given by the user
   * @throws DataException if there is none, with all that was looked for
   */
  Path find(Path given) {
    if (Files.isRegularFile(given)) {
      return given;
    }
    if (!Files.isDirectory(given)) {
      throw new DataException("data set '%s': %s does not exist. %s", dataset, given, remedy);
    }
    Predicate<String> holds = name -> Files.exists(given.resolve(name));
    if (marks.stream().anyMatch(holds)) {
      return given;
    }
    return Stream.concat(
            folders.stream().map(given::resolve).filter(Files::isDirectory),
            archives.stream().map(given::resolve).filter(Files::isRegularFile))
        .findFirst()
        .orElseThrow(() -> nothing(given));
  }

  private DataException nothing(Path given) {
    return new DataException(
        "data set '%s': %s holds none of the folders %s, nor the archives %s, nor the files %s of an"
            + " unpacked one. %s",
        dataset,
        given,
        String.join(", ", folders),
        String.join(", ", archives),
        String.join(", ", marks),
        remedy);
  }
}
