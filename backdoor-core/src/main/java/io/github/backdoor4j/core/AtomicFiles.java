package io.github.backdoor4j.core;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * Files that are either the old content or the new, whatever kills the process in between: written
 * under a temporary name in the same folder, forced to disk, then moved.
 */
public final class AtomicFiles {

  /** What writes the content. */
  @FunctionalInterface
  public interface Content {
    /** Writes everything to the channel. */
    void writeTo(WritableByteChannel out) throws IOException;
  }

  private AtomicFiles() {}

  /**
   * Replaces a file's content, creating its folder where needed.
   *
   * @throws DataException if the folder or file cannot be written
   */
  public static void replace(Path file, Content content) {
    Path target = file.toAbsolutePath();
    Path folder = java.util.Objects.requireNonNull(target.getParent(), "a file has a folder");
    try {
      if (!Files.isDirectory(
          folder)) { // a link to a folder is one; some JDK 17 refuse to "create" it
        Files.createDirectories(folder);
      }
      Path temporary = folder.resolve("." + target.getFileName() + "." + writer() + ".tmp");
      try {
        try (FileChannel out =
            FileChannel.open(
                temporary,
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE,
                StandardOpenOption.TRUNCATE_EXISTING)) {
          content.writeTo(out);
          out.force(true);
        }
        move(temporary, target);
      } finally {
        Files.deleteIfExists(temporary);
      }
    } catch (IOException e) {
      throw new DataException(
          e,
          "%s cannot be written: %s. Check the folder's permissions and free space, or choose"
              + " another output folder.",
          target,
          e);
    }
  }

  /** Replaces a file's content by text in UTF-8. */
  public static void replace(Path file, String text) {
    ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    replace(
        file,
        out -> {
          while (bytes.hasRemaining()) {
            out.write(bytes);
          }
        });
  }

  /** Distinguishes the temporary files of processes and threads that write at once. */
  private static String writer() {
    return ProcessHandle.current().pid() + "-" + Thread.currentThread().getId();
  }

  private static void move(Path from, Path to) throws IOException {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
    }
  }
}
