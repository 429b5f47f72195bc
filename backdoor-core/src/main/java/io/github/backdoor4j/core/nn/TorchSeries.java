package io.github.backdoor4j.core.nn;

import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.record.PickleReader;
import io.github.backdoor4j.core.record.PickleValues;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The form before PyTorch 1.6, still written on request: pickles of a magic number, the protocol,
 * facts about the machine, the content and the storages' keys; then for each key a 64-bit count and
 * the values.
 */
final class TorchSeries extends TorchFile {

  private static final BigInteger MAGIC = new BigInteger("1950a86a20f9469cfc6c", 16);
  private static final long PROTOCOL = 1001;
  private static final long LARGEST_PICKLES = 256L << 20;

  private final FileChannel channel;
  private final @Nullable Object content;
  private final Map<String, Long> places = new HashMap<>();
  private final Map<String, TorchTensor.Storage> sizes = new HashMap<>();

  TorchSeries(Path file, boolean skipOthers) {
    super(file, skipOthers);
    try {
      channel = FileChannel.open(file, StandardOpenOption.READ);
    } catch (IOException e) {
      throw new DataException(e, "%s cannot be read: %s", file, e);
    }
    try {
      byte[] start = new byte[(int) Math.min(channel.size(), LARGEST_PICKLES)];
      readFully(0, ByteBuffer.wrap(start));
      PickleReader.Series series = reader().readSeries(file.toString(), start, 5);
      List<Object> parts = series.values();
      if (!MAGIC.equals(parts.get(0)) || PickleValues.integer(parts.get(1), "it") != PROTOCOL) {
        throw broken("it is a pickle, but not of torch.save");
      }
      checkByteOrder(parts.get(2));
      content = parts.get(3);
      findStorages(PickleValues.list(parts.get(4), "the storages' keys"), series.end());
    } catch (IOException e) {
      close();
      throw new DataException(e, "%s cannot be read: %s", file, e);
    } catch (DataException e) {
      close();
      throw e;
    }
  }

  private void checkByteOrder(@Nullable Object machine) {
    if (machine instanceof Map<?, ?> facts && Boolean.FALSE.equals(facts.get("little_endian"))) {
      throw broken("it is big-endian; only little-endian files can be read");
    }
  }

  private void findStorages(List<Object> keys, long from) throws IOException {
    long at = from;
    for (Object value : keys) {
      String key = PickleValues.text(value, "a storage's key");
      ByteBuffer count = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
      readFully(at, count);
      TorchTensor.Storage storage = claimed(key);
      if (storage == null || count.flip().getLong() != storage.count()) {
        throw broken("storage '%s' has another length than its tensors say", key);
      }
      places.put(key, at + 8);
      sizes.put(key, storage);
      at = Math.addExact(at + 8, storage.byteCount());
      if (at > channel.size()) {
        throw broken("it ends within storage '%s'", key);
      }
    }
  }

  private void readFully(long position, ByteBuffer target) throws IOException {
    long at = position;
    while (target.hasRemaining()) {
      int count = channel.read(target, at);
      if (count < 0) {
        throw broken("it ends too early");
      }
      at += count;
    }
  }

  @Override
  @Nullable Object content() {
    return content;
  }

  @Override
  void checkSize(TorchTensor.Storage storage) {
    if (!storage.equals(sizes.get(storage.key()))) {
      throw broken("storage '%s' is missing", storage.key());
    }
  }

  @Override
  void fill(TorchTensor.Storage storage, Tensor values) throws IOException {
    long start = java.util.Objects.requireNonNull(places.get(storage.key()));
    for (long done = 0; done < storage.byteCount(); ) {
      int length = (int) Math.min(1 << 24, storage.byteCount() - done);
      readFully(start + done, window(values, done, length));
      done += length;
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new DataException(e, "%s cannot be closed: %s", file(), e);
    }
  }
}
