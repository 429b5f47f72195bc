package io.github.backdoor4j.core;

import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The part of a file that has come so far, NAME.part, and beside it, in NAME.part.from, the address
 * it came from and what the server calls this version of the file. Whatever ends the process, both
 * can be gone on with.
 */
final class PartFile implements AutoCloseable {

  private final Path target;
  private final Path part;
  private final Path from;
  private @Nullable FileChannel channel;

  PartFile(Path target) {
    this.target = target;
    this.part = target.resolveSibling(target.getFileName() + ".part");
    this.from = target.resolveSibling(target.getFileName() + ".part.from");
  }

  Path path() {
    return part;
  }

  /** Bytes on disk. */
  long length() {
    try {
      return Files.exists(part) ? Files.size(part) : 0;
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /** Whether the part came from an address. */
  boolean cameFrom(URI address) {
    return line(0).equals(address.toString());
  }

  /** What the server called the version of the file that the part is of; empty if nothing. */
  String validator() {
    return line(1);
  }

  private String line(int number) {
    try {
      List<String> lines = Files.exists(from) ? Files.readAllLines(from) : List.of();
      return lines.size() > number ? lines.get(number) : "";
    } catch (IOException e) {
      return ""; // unreadable or no text: not usable, so the file is fetched from its beginning
    }
  }

  /** Begins to write behind the first {@code length} bytes; the rest is cut off. */
  void open(URI address, String validator, long length) {
    try {
      if (length == 0) {
        Files.deleteIfExists(from); // the old one must not describe new bytes
      }
      FileChannel opened =
          FileChannel.open(part, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      channel = opened;
      opened.truncate(length).position(length);
      Files.writeString(from, address + "\n" + validator + "\n", StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw failed(e);
    }
  }

  void append(ByteBuffer bytes) {
    FileChannel out = java.util.Objects.requireNonNull(channel, "opened before");
    try {
      while (bytes.hasRemaining()) {
        out.write(bytes);
      }
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /** Gives the part its final name. */
  void finish() {
    try {
      try (FileChannel whole = FileChannel.open(part, StandardOpenOption.WRITE)) {
        whole.force(true);
      }
      try {
        Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
      } catch (AtomicMoveNotSupportedException e) {
        Files.move(part, target);
      }
      Files.deleteIfExists(from);
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /** Throws the part away. */
  void delete() {
    close();
    try {
      Files.deleteIfExists(part);
      Files.deleteIfExists(from);
    } catch (IOException e) {
      throw failed(e);
    }
  }

  @Override
  public void close() {
    FileChannel open = channel;
    channel = null;
    if (open != null) {
      try {
        open.close();
      } catch (IOException e) {
        throw failed(e);
      }
    }
  }

  private DataException failed(IOException e) {
    return new DataException(
        e,
        "%s cannot be written: %s. Check the folder's permissions and free space, or choose"
            + " another folder; what has come so far is kept.",
        part,
        e);
  }
}
