package io.github.backdoor4j.datasets;

import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.record.NumpyArray;
import io.github.backdoor4j.core.record.PickleReader;
import io.github.backdoor4j.core.record.PickleValues;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The Python version: each file is a pickled dict with an array and lists of labels. */
final class CifarPython {

  private static final PickleReader PICKLES = new PickleReader(PickleReader.numpy());

  private CifarPython() {}

  /**
   * Reads a file of images.
   *
   * @param name for messages
   * @param exact whether it must have the official number of images; else any number is fine
   * @throws DataException if it is no such pickle, or a size or label is wrong
   */
  static CifarPart read(CifarKind kind, String name, String fileName, byte[] bytes, boolean exact) {
    Map<?, ?> dict = dict(name, bytes);
    NumpyArray data = array(name, dict.get("data"));
    int n = (int) data.shape()[0];
    if (n == 0 || (exact && n != kind.imagesIn(fileName))) {
      throw new DataException(
          "%s holds %,d images, %,d expected: it is another file. Fetch the archive again.",
          name, n, kind.imagesIn(fileName));
    }
    List<long[]> labels = new ArrayList<>();
    for (CifarKind.Labels each : kind.labels()) {
      long[] values = labels(name, dict.get(each.key()), each.key(), n);
      CifarPart.checkLabels(name, each, values);
      labels.add(values);
    }
    return new CifarPart(CifarPart.images(data.bytes(), n, 0), labels);
  }

  /**
   * Reads the names of one kind of labels from a meta file.
   *
   * @throws DataException if it is no such pickle
   */
  static List<String> names(String name, byte[] bytes, String key) {
    List<String> names = new ArrayList<>();
    for (Object each : list(name, dict(name, bytes).get(key), key)) {
      names.add(PickleValues.text(each, "a class name in " + name));
    }
    return names;
  }

  private static Map<?, ?> dict(String name, byte[] bytes) {
    if (PICKLES.read(name, bytes) instanceof Map<?, ?> dict) {
      return dict;
    }
    throw new DataException("%s is a Python pickle, but of no dict: it is another file", name);
  }

  private static NumpyArray array(String name, @Nullable Object data) {
    if (data instanceof NumpyArray array
        && array.dtype().equals("|u1")
        && !array.fortranOrder()
        && array.shape().length == 2
        && array.shape()[1] == CifarKind.PIXELS) {
      return array;
    }
    throw new DataException(
        "%s should hold bytes of shape [N, %d] as 'data', but holds %s: it is another file",
        name, CifarKind.PIXELS, data instanceof NumpyArray ? data : "no array");
  }

  private static List<?> list(String name, @Nullable Object value, String key) {
    if (value instanceof List<?> list) {
      return list;
    }
    throw new DataException("%s holds no list '%s': it is another file", name, key);
  }

  private static long[] labels(String name, @Nullable Object value, String key, int n) {
    List<?> list = list(name, value, key);
    if (list.size() != n) {
      throw new DataException(
          "%s holds %,d images, but %,d '%s': it is damaged", name, n, list.size(), key);
    }
    long[] labels = new long[n];
    for (int i = 0; i < n; i++) {
      labels[i] = PickleValues.integer(list.get(i), "an element of '" + key + "' in " + name);
    }
    return labels;
  }
}
