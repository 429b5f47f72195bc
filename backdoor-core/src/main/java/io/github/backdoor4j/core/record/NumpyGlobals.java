package io.github.backdoor4j.core.record;

import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.record.PickleReader.Global;
import io.github.backdoor4j.core.record.PickleReader.Globals;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What pickles of NumPy arrays name, in all versions of NumPy and Python since 2. */
final class NumpyGlobals {

  /** Booleans, integers, floats and complex numbers, and their size in bytes. */
  private static final Pattern PLAIN_TYPE = Pattern.compile("([biufc])([0-9]{1,2})");

  private static final Global CLASS = arguments -> refuse("calls numpy.ndarray itself");

  private static final Map<String, Global> KNOWN =
      Map.ofEntries(
          Map.entry("numpy.ndarray", CLASS),
          Map.entry("numpy.dtype", new DtypeGlobal()),
          Map.entry("numpy.core.multiarray._reconstruct", new ArrayGlobal()),
          Map.entry("numpy._core.multiarray._reconstruct", new ArrayGlobal()),
          Map.entry("numpy.core.numeric._frombuffer", NumpyGlobals::fromBuffer),
          Map.entry("numpy._core.numeric._frombuffer", NumpyGlobals::fromBuffer),
          Map.entry("_codecs.encode", NumpyGlobals::encode),
          Map.entry("__builtin__.bytes", NumpyGlobals::encode),
          Map.entry("__builtin__.bytearray", NumpyGlobals::encode),
          Map.entry("builtins.bytearray", NumpyGlobals::encode));

  static final Globals ALL = (module, name) -> Optional.ofNullable(KNOWN.get(module + "." + name));

  private NumpyGlobals() {}

  private static Object refuse(String why) {
    throw new DataException(why);
  }

  /** The type of the elements. */
  private static final class Dtype {
    final String kind;
    final int size;
    String order = "|";

    Dtype(String kind, int size) {
      this.kind = kind;
      this.size = size;
    }

    String name() {
      return (size == 1 ? "|" : order) + kind + size;
    }
  }

  private static final class DtypeGlobal implements Global {

    @Override
    public Object call(List<Object> arguments) {
      String name =
          PickleValues.text(arguments.isEmpty() ? null : arguments.get(0), "a type of elements");
      Matcher plain = PLAIN_TYPE.matcher(name);
      if (!plain.matches() || plain.group(2).equals("0")) {
        throw new DataException(
            "has an array of type '%s'; allowed are plain numbers", PickleValues.shown(name));
      }
      return new Dtype(plain.group(1), Integer.parseInt(plain.group(2)));
    }

    @Override
    public void build(Object made, @Nullable Object state) {
      List<Object> parts = PickleValues.list(state, "the state of a type");
      String order = parts.size() < 2 ? "" : PickleValues.text(parts.get(1), "a byte order");
      if (!List.of("<", ">", "|", "=").contains(order)) {
        throw new DataException("has a byte order '%s'", PickleValues.shown(order));
      }
      ((Dtype) made).order = order;
    }
  }

  private static final class ArrayGlobal implements Global {

    @Override
    public Object call(List<Object> arguments) {
      if (PickleValues.list(arguments, 3, "an array").get(0) != CLASS) {
        throw new DataException("has an array of another class than numpy.ndarray");
      }
      return new NumpyArray();
    }

    @Override
    public void build(Object made, @Nullable Object state) {
      List<Object> parts = PickleValues.list(state, 5, "the state of an array"); // version first
      fill(
          (NumpyArray) made,
          PickleValues.as(Dtype.class, parts.get(2), "a type", "numpy.dtype"),
          PickleValues.list(parts.get(1), "a shape"),
          PickleValues.integer(parts.get(3), "an order of axes") != 0,
          PickleValues.bytes(parts.get(4), "elements"));
    }
  }

  private static Object fromBuffer(List<Object> arguments) {
    List<Object> parts = PickleValues.list(arguments, 4, "an array");
    NumpyArray array = new NumpyArray();
    fill(
        array,
        PickleValues.as(Dtype.class, parts.get(1), "a type", "numpy.dtype"),
        PickleValues.list(parts.get(2), "a shape"),
        PickleValues.text(parts.get(3), "an order of axes").equals("F"),
        PickleValues.bytes(parts.get(0), "elements"));
    return array;
  }

  private static void fill(
      NumpyArray array, Dtype dtype, List<Object> shape, boolean fortranOrder, byte[] bytes) {
    long[] dimensions = new long[shape.size()];
    double size = dtype.size; // a double cannot overflow here
    for (int i = 0; i < dimensions.length; i++) {
      dimensions[i] = PickleValues.integer(shape.get(i), "a dimension");
      size *= dimensions[i] < 0 ? Double.NaN : dimensions[i];
    }
    if (size != bytes.length) {
      throw new DataException(
          "has an array of shape %s and type %s with %d bytes, which do not fit",
          PickleValues.shown(java.util.Arrays.toString(dimensions)), dtype.name(), bytes.length);
    }
    array.set(dtype.name(), dimensions, fortranOrder, bytes);
  }

  /**
   * How Python 3 writes bytes in old protocols: as nothing at all, as a text with one character for
   * each byte, or as bytes.
   */
  private static Object encode(List<Object> arguments) {
    if (arguments.isEmpty()) {
      return new byte[0];
    }
    if (arguments.size() == 1) {
      return PickleValues.bytes(arguments.get(0), "a byte string");
    }
    List<Object> parts = PickleValues.list(arguments, 2, "a byte string");
    String charset = PickleValues.text(parts.get(1), "a character set");
    if (!charset.equals("latin1") && !charset.equals("latin-1")) {
      throw new DataException(
          "encodes text as '%s'; 'latin1' is allowed", PickleValues.shown(charset));
    }
    return PickleValues.text(parts.get(0), "a byte string").getBytes(StandardCharsets.ISO_8859_1);
  }
}
