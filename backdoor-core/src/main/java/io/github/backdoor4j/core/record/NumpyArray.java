package io.github.backdoor4j.core.record;

import java.util.Arrays;

/** An array of NumPy, as a pickle holds it. It does not change once the pickle is read. */
public final class NumpyArray {

  private String dtype = "|V0";
  private long[] shape = {0};
  private boolean fortranOrder;
  private byte[] bytes = {};

  NumpyArray() {}

  void set(String newDtype, long[] newShape, boolean newFortranOrder, byte[] newBytes) {
    dtype = newDtype;
    shape = newShape;
    fortranOrder = newFortranOrder;
    bytes = newBytes;
  }

  /** NumPy's name of the elements' type, with the byte order: {@code |u1}, {@code <i8}. */
  public String dtype() {
    return dtype;
  }

  /** The dimensions; their product times the size of an element is the number of bytes. */
  public long[] shape() {
    return shape.clone();
  }

  /** Whether the first index runs fastest, not the last. */
  public boolean fortranOrder() {
    return fortranOrder;
  }

  /** The elements. Not a copy. */
  public byte[] bytes() {
    return bytes;
  }

  /** Type and shape. */
  @Override
  public String toString() {
    return dtype + Arrays.toString(shape);
  }
}
