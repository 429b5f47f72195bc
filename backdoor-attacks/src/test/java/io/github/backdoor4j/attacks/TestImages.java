package io.github.backdoor4j.attacks;

import io.github.backdoor4j.core.data.Trigger;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.stream.LongStream;

/** Images that expected values are stated for, as plain arrays, and the measures of change. */
final class TestImages {

  private TestImages() {}

  /** R32: value (7i + 5j + 40c) mod 256 at row i, column j, channel c. */
  static byte[] ramps(int side) {
    byte[] values = new byte[3 * side * side];
    int at = 0;
    for (int c = 0; c < 3; c++) {
      for (int i = 0; i < side; i++) {
        for (int j = 0; j < side; j++) {
          values[at++] = (byte) (7 * i + 5 * j + 40 * c);
        }
      }
    }
    return values;
  }

  /** All values the same. */
  static byte[] flat(int side, int value) {
    byte[] values = new byte[3 * side * side];
    java.util.Arrays.fill(values, (byte) value);
    return values;
  }

  /** Applies a trigger to one image of three planes. */
  static byte[] stamp(Trigger trigger, byte[] image, int side) {
    try (TensorScope scope = TensorScope.open()) {
      return Tensors.toBytes(
          trigger.stamp(Tensors.ofBytes(image, 1, 3, side, side), new long[] {0}));
    }
  }

  /** Sum of all values. */
  static long sum(byte[] image) {
    return LongStream.range(0, image.length).map(i -> image[(int) i] & 0xFF).sum();
  }

  /** Mean squared difference. */
  static double mse(byte[] one, byte[] other) {
    double sum = 0;
    for (int i = 0; i < one.length; i++) {
      double difference = (one[i] & 0xFF) - (other[i] & 0xFF);
      sum += difference * difference;
    }
    return sum / one.length;
  }

  /** Peak signal-to-noise ratio in dB. */
  static double psnr(byte[] one, byte[] other) {
    return 10 * Math.log10(255.0 * 255.0 / mse(one, other));
  }

  /** Largest difference of one value, in grey levels. */
  static int largestChange(byte[] one, byte[] other) {
    int largest = 0;
    for (int i = 0; i < one.length; i++) {
      largest = Math.max(largest, Math.abs((one[i] & 0xFF) - (other[i] & 0xFF)));
    }
    return largest;
  }

  /** One row of the first plane, as values 0 to 255. */
  static int[] row(byte[] image, int side, int row) {
    int[] values = new int[side];
    for (int j = 0; j < side; j++) {
      values[j] = image[row * side + j] & 0xFF;
    }
    return values;
  }
}
