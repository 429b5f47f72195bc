package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.DataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Makes sure that results can be written, before hours of work. */
final class OutputFolder {

  private OutputFolder() {}

  /**
   * Makes a folder if it is absent and tries to write into it.
   *
   * @throws DataException if that fails
   */
  static Path prepare(Path folder) {
    try {
      if (Files.exists(folder) && !Files.isDirectory(folder)) {
        throw new DataException(
            "output folder %s is a file. Choose another with --out.", folder.toAbsolutePath());
      }
      Files.createDirectories(folder);
      Files.delete(Files.createTempFile(folder, ".probe", ".tmp"));
      return folder;
    } catch (IOException e) {
      throw new DataException(
          e,
          "output folder %s cannot be written: %s. Check its permissions, or choose another with"
              + " --out.",
          folder.toAbsolutePath(),
          e);
    }
  }
}
