package io.github.backdoor4j.core.nn;

import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.record.PickleReader;
import io.github.backdoor4j.core.tensor.Engine;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * A file that {@code torch.save} wrote, read as data: a zip archive since PyTorch 1.6, a series of
 * pickles before. Nothing in it is executed. Values of tensors are read when asked for.
 */
abstract class TorchFile implements AutoCloseable {

  private final Path file;
  private final boolean skipOthers;
  private final Map<String, TorchTensor.Storage> claimed = new HashMap<>();

  TorchFile(Path file, boolean skipOthers) {
    this.file = file;
    this.skipOthers = skipOthers;
  }

  Path file() {
    return file;
  }

  /** What was saved: maps, lists, texts, numbers, and {@link TorchTensor}s. */
  abstract @Nullable Object content();

  /** Reads the values of a storage into the bytes of a fresh tensor. */
  abstract void fill(TorchTensor.Storage storage, Tensor values) throws IOException;

  @Override
  public abstract void close();

  /** A reader of the file's pickles. */
  final PickleReader reader() {
    return new PickleReader(TorchGlobals.allowing(skipOthers), this::storage);
  }

  private Object storage(@Nullable Object id) {
    TorchTensor.Storage storage = TorchTensor.Storage.of(java.util.Objects.requireNonNull(id));
    TorchTensor.Storage before = claimed.putIfAbsent(storage.key(), storage);
    if (before != null && !before.equals(storage)) {
      throw new DataException("describes storage '%s' in two ways", storage.key());
    }
    return storage;
  }

  /** Reads tensors by name; those that share a storage share its reading. */
  final Map<String, Tensor> tensors(Map<String, TorchTensor> wanted) {
    Engine.start();
    Map<String, Tensor> result = new java.util.LinkedHashMap<>();
    try (TensorScope scope = TensorScope.open();
        NoGradGuard guard = new NoGradGuard()) {
      Map<TorchTensor.Storage, Tensor> storages = new HashMap<>();
      for (Map.Entry<String, TorchTensor> entry : wanted.entrySet()) {
        TorchTensor tensor = entry.getValue();
        Tensor values = storages.computeIfAbsent(tensor.storage(), this::values);
        Tensor dense =
            values
                .as_strided(tensor.shape(), tensor.strides(), new LongOptional(tensor.offset()))
                .clone()
                .contiguous();
        result.put(entry.getKey(), scope.keep(dense));
      }
    }
    return result;
  }

  private Tensor values(TorchTensor.Storage storage) {
    checkSize(storage);
    Tensor values =
        torch.zeros(new long[] {storage.count()}, new TensorOptions(storage.type().scalarType));
    try {
      fill(storage, values);
    } catch (IOException e) {
      throw new DataException(e, "%s cannot be read: %s", file, e);
    }
    return values;
  }

  /**
   * Before memory is reserved.
   *
   * @throws DataException if the file holds fewer or more bytes than the storage claims
   */
  abstract void checkSize(TorchTensor.Storage storage);

  final DataException broken(String template, Object... args) {
    return new DataException(
        "%s is no valid PyTorch file: %s. Save it anew or fetch it again.",
        file, String.format(java.util.Locale.ROOT, template, args));
  }

  /** What was claimed of a storage; {@code null} if no tensor refers to it. */
  final TorchTensor.@Nullable Storage claimed(String key) {
    return claimed.get(key);
  }

  /** Some bytes of a dense tensor, to write into. */
  static ByteBuffer window(Tensor tensor, long from, int length) {
    return Tensors.window(tensor, from, length);
  }
}
