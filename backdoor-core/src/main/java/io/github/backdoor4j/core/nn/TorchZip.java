package io.github.backdoor4j.core.nn;

import io.github.backdoor4j.core.DataException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** The zip form: {@code NAME/data.pkl}, and {@code NAME/data/KEY} for each storage, all stored. */
final class TorchZip extends TorchFile {

  private static final int CHUNK = 1 << 20;
  private static final long LARGEST_PICKLE = 256L << 20;

  private final ZipFile zip;
  private final String root;
  private final @Nullable Object content;

  TorchZip(Path file, boolean skipOthers) {
    super(file, skipOthers);
    this.zip = open(file);
    try {
      this.root = root();
      checkByteOrder();
      byte[] pickle = bytes(entry(root + "data.pkl"), LARGEST_PICKLE);
      this.content = reader().read(file + "!/" + root + "data.pkl", pickle);
    } catch (DataException e) {
      close();
      throw e;
    }
  }

  private static ZipFile open(Path file) {
    try {
      return new ZipFile(file.toFile());
    } catch (ZipException e) {
      throw new DataException(
          e,
          "%s is no valid PyTorch file: its zip directory is damaged or cut off (%s). Fetch it"
              + " again.",
          file,
          String.valueOf(e.getMessage()));
    } catch (IOException e) {
      throw new DataException(e, "%s cannot be read: %s", file, e);
    }
  }

  private String root() {
    return zip.stream()
        .map(ZipEntry::getName)
        .filter(name -> name.equals("data.pkl") || name.endsWith("/data.pkl"))
        .findFirst()
        .map(name -> name.substring(0, name.length() - "data.pkl".length()))
        .orElseThrow(() -> broken("it is a zip archive without 'data.pkl'"));
  }

  private void checkByteOrder() {
    ZipEntry order = zip.getEntry(root + "byteorder");
    if (order != null) {
      String text = new String(bytes(order, 16), StandardCharsets.US_ASCII);
      if (!text.equals("little")) {
        throw broken("its byte order is '%s'; only little-endian files can be read", text);
      }
    }
  }

  private ZipEntry entry(String name) {
    ZipEntry entry = zip.getEntry(name);
    if (entry == null) {
      throw broken("it lacks '%s'", name);
    }
    // torch.save never compresses; a small entry that claims to be large is a zip bomb
    if (entry.getMethod() != ZipEntry.STORED || entry.getSize() != entry.getCompressedSize()) {
      throw broken("'%s' is compressed, which PyTorch never does", name);
    }
    return entry;
  }

  private byte[] bytes(ZipEntry entry, long most) {
    if (entry.getSize() > most) {
      throw broken("'%s' claims %d bytes", entry.getName(), entry.getSize());
    }
    byte[] bytes = new byte[(int) entry.getSize()];
    try {
      read(entry, ByteBuffer.wrap(bytes), new CRC32());
    } catch (IOException e) {
      throw broken("'%s' cannot be read: %s", entry.getName(), e);
    }
    return bytes;
  }

  /** Reads a whole entry into a buffer and checks its sum. */
  private void read(ZipEntry entry, ByteBuffer target, CRC32 sum) throws IOException {
    try (InputStream in = zip.getInputStream(entry)) {
      byte[] chunk = new byte[Math.min(CHUNK, Math.max(1, target.remaining()))];
      while (target.hasRemaining()) {
        copy(entry, in, chunk, target, sum);
      }
    }
    checkSum(entry, sum);
  }

  private void copy(ZipEntry entry, InputStream in, byte[] chunk, ByteBuffer target, CRC32 sum)
      throws IOException {
    int count = in.read(chunk, 0, Math.min(chunk.length, target.remaining()));
    if (count < 0) {
      throw broken("'%s' ends too early", entry.getName());
    }
    target.put(chunk, 0, count);
    sum.update(chunk, 0, count);
  }

  private void checkSum(ZipEntry entry, CRC32 sum) {
    if (entry.getCrc() >= 0 && entry.getCrc() != sum.getValue()) {
      throw broken("'%s' is damaged: its checksum differs", entry.getName());
    }
  }

  @Override
  @Nullable Object content() {
    return content;
  }

  @Override
  void checkSize(TorchTensor.Storage storage) {
    ZipEntry entry = entry(root + "data/" + storage.key());
    if (entry.getSize() != storage.byteCount()) {
      throw broken(
          "storage '%s' should have %d bytes, but has %d",
          storage.key(), storage.byteCount(), entry.getSize());
    }
  }

  @Override
  void fill(TorchTensor.Storage storage, Tensor values) throws IOException {
    ZipEntry entry = entry(root + "data/" + storage.key());
    CRC32 sum = new CRC32();
    byte[] chunk = new byte[CHUNK];
    try (InputStream in = zip.getInputStream(entry)) {
      for (long done = 0; done < storage.byteCount(); ) {
        int length = (int) Math.min(CHUNK, storage.byteCount() - done);
        ByteBuffer target = window(values, done, length);
        while (target.hasRemaining()) {
          copy(entry, in, chunk, target, sum);
        }
        done += length;
      }
    }
    checkSum(entry, sum);
  }

  @Override
  public void close() {
    try {
      zip.close();
    } catch (IOException e) {
      throw new DataException(e, "%s cannot be closed: %s", file(), e);
    }
  }

  /** Whether a file begins as a zip archive does. */
  static boolean matches(byte[] start) {
    return start.length >= 4 && Arrays.equals(Arrays.copyOf(start, 4), new byte[] {'P', 'K', 3, 4});
  }
}
