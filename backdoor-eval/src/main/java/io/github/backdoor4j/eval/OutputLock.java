package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.DataException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/** Keeps other runs out of an output folder until it is closed or the process ends. */
final class OutputLock implements AutoCloseable {

  private final FileChannel channel;

  private OutputLock(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Locks a folder, which is made if it is absent.
   *
   * @throws DataException if another run has it, or if it cannot be written
   */
  static OutputLock of(Path out) {
    try {
      Files.createDirectories(out);
      FileChannel channel =
          FileChannel.open(
              out.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      if (lock(channel) == null) {
        channel.close();
        throw new DataException(
            "another run is writing to %s. Wait for it, or choose another output folder.", out);
      }
      return new OutputLock(channel);
    } catch (IOException e) {
      throw new DataException(
          e,
          "output folder %s cannot be written: %s. Check its permissions, or choose another.",
          out.toAbsolutePath(),
          e);
    }
  }

  private static @Nullable FileLock lock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null;
    }
  }

  @Override
  public void close() {
    try {
      channel.close(); // and with it the lock
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
