package io.github.backdoor4j.core.nn;

import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.record.PickleValues;
import java.util.List;

/**
 * What a PyTorch file says of a tensor; its values stand elsewhere in the file.
 *
 * @param storage where its values are
 * @param offset of the first one
 * @param shape extents
 * @param strides steps in the storage along each dimension
 */
record TorchTensor(Storage storage, long offset, long[] shape, long[] strides) {

  /**
   * A stretch of values in the file.
   *
   * @param key its name there
   * @param count of values, as claimed
   */
  record Storage(TorchStorageType type, String key, long count) {

    static Storage of(Object persistentId) {
      List<Object> parts = PickleValues.list(persistentId, "a persistent id");
      if (parts.size() < 5 || !"storage".equals(parts.get(0))) {
        throw new DataException("refers to something that is no storage");
      }
      TorchStorageType type =
          PickleValues.as(TorchStorageType.class, parts.get(1), "a storage's type", "a type");
      String key = PickleValues.text(parts.get(2), "a storage's key");
      long count = PickleValues.integer(parts.get(4), "a storage's length");
      if (count < 0 || count > Long.MAX_VALUE / 8) {
        throw new DataException("claims a storage of %d values", count);
      }
      return new Storage(type, key, count);
    }

    long byteCount() {
      return count * type.bytes;
    }
  }

  /** From the arguments of {@code torch._utils._rebuild_tensor_v2}. */
  static TorchTensor rebuild(List<Object> arguments) {
    if (arguments.size() < 4) {
      throw new DataException("rebuilds a tensor from %d values", arguments.size());
    }
    TorchTensor tensor =
        new TorchTensor(
            PickleValues.as(Storage.class, arguments.get(0), "a tensor's storage", "a storage"),
            PickleValues.integer(arguments.get(1), "a tensor's offset"),
            extents(arguments.get(2), "a tensor's shape"),
            extents(arguments.get(3), "a tensor's strides"));
    tensor.check();
    return tensor;
  }

  private static long[] extents(Object value, String what) {
    return PickleValues.list(value, what).stream()
        .mapToLong(extent -> PickleValues.integer(extent, what))
        .toArray();
  }

  /** A view must stay inside its storage, and not make many values of few. */
  private void check() {
    boolean fits = shape.length == strides.length && shape.length <= 16 && offset >= 0;
    try {
      long values = 1;
      long last = offset;
      for (int i = 0; fits && i < shape.length; i++) {
        fits = shape[i] >= 0 && strides[i] >= 0;
        values = Math.multiplyExact(values, shape[i]);
        last = Math.addExact(last, Math.multiplyExact(Math.max(0, shape[i] - 1), strides[i]));
      }
      fits = fits && values <= storage.count() && (values == 0 || last < storage.count());
    } catch (ArithmeticException e) {
      fits = false;
    }
    if (!fits) {
      throw new DataException(
          "has a tensor of shape %s, strides %s and offset %d that does not fit into its storage of"
              + " %d values",
          List.of(boxed(shape)), List.of(boxed(strides)), offset, storage.count());
    }
  }

  private static Long[] boxed(long[] values) {
    return java.util.Arrays.stream(values).boxed().toArray(Long[]::new);
  }
}
