package io.github.backdoor4j.core;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * One downloader per folder at a time, among all processes of the machine. The system frees the
 * lock of a process that dies; the empty file stays, as deleting it would let two processes lock
 * two files of the same name.
 */
final class FolderLock implements AutoCloseable {

  private static final String NAME = ".backdoor4j.lock";
  private static final long POLL_MILLIS = 100;

  private final FileChannel channel;

  private FolderLock(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Waits for the lock.
   *
   * @param waiting called once if it is not free
   */
  static FolderLock acquire(Path folder, Runnable waiting) throws InterruptedException {
    Path file = folder.resolve(NAME);
    try {
      if (!Files.isDirectory(folder)) {
        Files.createDirectories(folder);
      }
      FolderLock lock =
          new FolderLock(
              FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE));
      lock.await(waiting);
      return lock;
    } catch (IOException e) {
      throw new DataException(
          e, "folder %s cannot be written to: %s. Choose another folder.", folder, e);
    }
  }

  private void await(Runnable waiting) throws IOException, InterruptedException {
    boolean told = false;
    try {
      while (attempt() == null) {
        if (!told) {
          waiting.run();
          told = true;
        }
        Thread.sleep(POLL_MILLIS);
      }
    } catch (IOException | InterruptedException e) {
      channel.close();
      throw e;
    }
  }

  private @Nullable FileLock attempt() throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null; // another thread of this process has it
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      // the lock goes with the channel, and there is no content to lose
    }
  }
}
