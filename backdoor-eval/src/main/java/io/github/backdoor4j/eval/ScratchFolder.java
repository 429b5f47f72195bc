package io.github.backdoor4j.eval;

import com.google.common.io.MoreFiles;
import com.google.common.io.RecursiveDeleteOption;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** An output folder for results that nobody wants to keep. */
final class ScratchFolder implements AutoCloseable {

  private final Path path;

  ScratchFolder() {
    try {
      path = Files.createTempDirectory("backdoor4j-benchmark");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Path path() {
    return path;
  }

  /** Deletes it with all that is in it. */
  @Override
  public void close() {
    try {
      MoreFiles.deleteRecursively(path, RecursiveDeleteOption.ALLOW_INSECURE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
