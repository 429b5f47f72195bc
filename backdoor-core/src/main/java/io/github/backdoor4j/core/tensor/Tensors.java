package io.github.backdoor4j.core.tensor;

import static io.github.backdoor4j.core.Checks.require;

import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.AbstractTensor;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The few conversions between Java arrays and tensors that libtorch's Java face lacks. */
public final class Tensors {

  private static final int HASH_CHUNK = 1 << 20;
  private static final long BUFFER = 1L << 28; // a Java buffer holds less than 2 GiB

  private Tensors() {}

  /** An unsigned 8-bit tensor with a copy of {@code bytes} in the given shape. */
  public static Tensor ofBytes(byte[] bytes, long... shape) {
    checkLength(bytes.length, shape);
    Engine.start();
    return bytes.length == 0 ? empty(ScalarType.Byte, shape) : AbstractTensor.create(bytes, shape);
  }

  /** A 64-bit integer tensor. Without a shape it is a vector. */
  public static Tensor ofLongs(long[] values, long... shape) {
    long[] target = shape.length == 0 ? new long[] {values.length} : shape;
    checkLength(values.length, target);
    Engine.start();
    return values.length == 0
        ? empty(ScalarType.Long, target)
        : AbstractTensor.create(values, target);
  }

  /** A 32-bit float tensor. Without a shape it is a vector. */
  public static Tensor ofFloats(float[] values, long... shape) {
    long[] target = shape.length == 0 ? new long[] {values.length} : shape;
    checkLength(values.length, target);
    Engine.start();
    return values.length == 0
        ? empty(ScalarType.Float, target)
        : AbstractTensor.create(values, target);
  }

  /** Empty tensors have no memory, which the conversions to and from arrays cannot take. */
  private static Tensor empty(ScalarType type, long... shape) {
    return torch.zeros(shape, new TensorOptions(type));
  }

  private static void checkLength(int length, long[] shape) {
    require(
        Arrays.stream(shape).reduce(1, Math::multiplyExact) == length,
        "%d values do not fill a tensor of shape %s",
        length,
        Arrays.toString(shape));
  }

  /** A copy of the values of any numeric tensor as floats, in row-major order. */
  public static float[] toFloats(Tensor tensor) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor dense = onCpu(tensor).to(ScalarType.Float).contiguous();
      float[] values = new float[Math.toIntExact(dense.numel())];
      if (values.length > 0) {
        dense.data_ptr_float().get(values);
      }
      return values;
    }
  }

  /** A copy of the values of any numeric tensor as doubles, in row-major order. */
  public static double[] toDoubles(Tensor tensor) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor dense = onCpu(tensor).to(ScalarType.Double).contiguous();
      double[] values = new double[Math.toIntExact(dense.numel())];
      if (values.length > 0) {
        dense.data_ptr_double().get(values);
      }
      return values;
    }
  }

  /** A copy of the values of an integer tensor as longs, in row-major order. */
  public static long[] toLongs(Tensor tensor) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor dense = onCpu(tensor).to(ScalarType.Long).contiguous();
      long[] values = new long[Math.toIntExact(dense.numel())];
      if (values.length > 0) {
        dense.data_ptr_long().get(values);
      }
      return values;
    }
  }

  /** The raw bytes of a tensor in row-major order and the machine's byte order. */
  public static byte[] toBytes(Tensor tensor) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor dense = onCpu(tensor).contiguous();
      byte[] values = new byte[Math.toIntExact(dense.nbytes())];
      if (values.length > 0) {
        bytesOf(dense).get(values);
      }
      return values;
    }
  }

  /** SHA-256 over shape and raw bytes, as lower-case hexadecimal text. */
  public static String sha256(Tensor tensor) {
    Hasher hasher = Hashing.sha256().newHasher();
    try (TensorScope scope = TensorScope.open()) {
      Tensor dense = onCpu(tensor).contiguous();
      for (long extent : dense.shape()) {
        hasher.putLong(extent);
      }
      BytePointer bytes = bytesOf(dense);
      byte[] chunk = new byte[HASH_CHUNK];
      long total = dense.nbytes();
      for (long at = 0; at < total; at += HASH_CHUNK) {
        int length = (int) Math.min(HASH_CHUNK, total - at);
        bytes.position(at).get(chunk, 0, length);
        hasher.putBytes(chunk, 0, length);
      }
    }
    return hasher.hash().toString();
  }

  /** CRC-32C over raw bytes: guards against damage, not against intent, and takes no time. */
  public static long crc32c(Tensor tensor) {
    CRC32C sum = new CRC32C();
    try (TensorScope scope = TensorScope.open()) {
      Tensor dense = onCpu(tensor).contiguous();
      BytePointer bytes = bytesOf(dense);
      long total = dense.nbytes();
      for (long at = 0; at < total; at += BUFFER) {
        long end = Math.min(total, at + BUFFER);
        sum.update(new BytePointer(bytes).position(at).limit(end).asByteBuffer());
      }
    }
    return sum.getValue();
  }

  /**
   * Some bytes of a dense CPU tensor, to read or write; valid while the tensor and the open scope
   * live.
   *
   * @param from first byte
   * @param length number of bytes
   */
  public static ByteBuffer window(Tensor dense, long from, int length) {
    return new BytePointer(bytesOf(dense))
        .position(from)
        .capacity(dense.nbytes())
        .limit(from + length)
        .asByteBuffer();
  }

  /** View of a dense CPU tensor's memory; valid while the tensor and the open scope live. */
  static BytePointer bytesOf(Tensor dense) {
    Pointer start = dense.data_ptr();
    return new BytePointer(start).capacity(dense.nbytes());
  }

  private static Tensor onCpu(Tensor tensor) {
    return ComputeDevice.CPU.place(tensor.detach());
  }

  /** A generator that starts at {@code seed}. Draws happen on the CPU, so every device agrees. */
  public static GeneratorOptional generator(Seed seed) {
    Engine.start();
    return new GeneratorOptional(torch.make_generator_cpu(seed.value()));
  }

  /** Uniform floats in [{@code low}, {@code high}). */
  public static Tensor uniform(
      GeneratorOptional generator, double low, double high, long... shape) {
    return torch.zeros(shape).uniform_(low, high, generator);
  }

  /** Uniform integers in [{@code low}, {@code high}). */
  public static Tensor integers(GeneratorOptional generator, long low, long high, long... shape) {
    return torch.randint(low, high, shape, generator, new TensorOptions(ScalarType.Long));
  }

  /** A random permutation of 0 … n−1. */
  public static long[] permutation(int n, Seed seed) {
    try (TensorScope scope = TensorScope.open()) {
      return toLongs(torch.randperm(n, generator(seed), new TensorOptions(ScalarType.Long)));
    }
  }

  /** Selects rows of {@code source}; {@code rows} are positions along its first dimension. */
  public static Tensor rows(Tensor source, long[] rows) {
    return source.index_select(0, ComputeDevice.of(source).place(ofLongs(rows)));
  }

  /**
   * Gradients of a scalar with respect to several tensors, without touching their {@code grad}
   * fields. The tensors must require gradients; unused ones are an error.
   *
   * @param createGraph whether the gradients themselves can be differentiated
   */
  public static Tensor[] gradients(Tensor scalar, boolean createGraph, Tensor... inputs) {
    TensorVector gradients =
        torch.grad(
            new TensorVector(scalar),
            new TensorVector(inputs),
            new TensorVector(),
            new BoolOptional(createGraph),
            createGraph,
            false);
    Tensor[] result = new Tensor[inputs.length];
    for (int i = 0; i < result.length; i++) {
      result[i] = new Tensor(gradients.get(i)); // an own handle: the vector's are references
    }
    return result;
  }

  /** Runs code without recording gradients on this thread. */
  public static <T> T withoutGradients(java.util.function.Supplier<T> code) {
    Engine.start();
    try (NoGradGuard guard = new NoGradGuard()) {
      return code.get();
    }
  }

  /** A floating-point scalar; note that {@code new Scalar(1)} would be an integer. */
  public static Scalar scalar(double value) {
    return new Scalar(value);
  }

  /** Whether all values are finite. */
  public static boolean allFinite(Tensor tensor) {
    try (TensorScope scope = TensorScope.open()) {
      return tensor.isfinite().all().item_bool();
    }
  }
}
