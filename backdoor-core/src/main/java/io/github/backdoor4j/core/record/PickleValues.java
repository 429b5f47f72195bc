package io.github.backdoor4j.core.record;

import io.github.backdoor4j.core.DataException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Takes values of {@link PickleReader} as what they should be. Everything else is a {@link
 * DataException} that says what was found.
 */
public final class PickleValues {

  private static final int LONGEST_SHOWN = 100;

  private PickleValues() {}

  /**
   * A text, or a byte string with one character for each byte.
   *
   * @param what it stands for, for messages
   */
  public static String text(@Nullable Object value, String what) {
    return value instanceof byte[] bytes
        ? new String(bytes, StandardCharsets.ISO_8859_1)
        : as(String.class, value, what, "text");
  }

  /** A 64-bit integer; booleans count as 0 and 1, as in Python. */
  public static long integer(@Nullable Object value, String what) {
    return value instanceof Boolean truth
        ? truth ? 1 : 0
        : as(Long.class, value, what, "an integer");
  }

  /** A byte string. Not a copy. */
  public static byte[] bytes(@Nullable Object value, String what) {
    return as(byte[].class, value, what, "bytes");
  }

  /** A list or tuple. Its elements may be {@code null}. */
  @SuppressWarnings("unchecked") // whose elements are objects of any kind
  public static List<Object> list(@Nullable Object value, String what) {
    return as(List.class, value, what, "a list");
  }

  /** A list or tuple of so many elements. */
  public static List<Object> list(@Nullable Object value, int size, String what) {
    List<Object> list = list(value, what);
    if (list.size() != size) {
      throw new DataException("has %s of %d parts, not %d", what, list.size(), size);
    }
    return list;
  }

  /** A dict. Its values may be {@code null}. */
  public static Map<?, ?> map(@Nullable Object value, String what) {
    return as(Map.class, value, what, "a dict");
  }

  /** A value of some class. */
  public static <T> T as(Class<T> type, @Nullable Object value, String what, String typeName) {
    if (!type.isInstance(value)) {
      throw new DataException("has %s that should be %s, but is %s", what, typeName, kind(value));
    }
    return type.cast(value);
  }

  private static String kind(@Nullable Object value) {
    if (value instanceof Number || value instanceof Boolean || value == null) {
      return String.valueOf(value);
    }
    return value instanceof String text
        ? "'" + shown(text) + "'"
        : value instanceof byte[]
            ? "bytes"
            : value instanceof Map
                ? "a dict"
                : value instanceof List
                    ? "a list"
                    : value instanceof NumpyArray ? "an array" : "another object";
  }

  /** A text of the file, fit for a message: printable, and not long. */
  static String shown(String text) {
    String clean = text.replaceAll("[\\p{Cntrl}\\p{Cf}]", "?");
    return clean.length() <= LONGEST_SHOWN ? clean : clean.substring(0, LONGEST_SHOWN) + "…";
  }
}
