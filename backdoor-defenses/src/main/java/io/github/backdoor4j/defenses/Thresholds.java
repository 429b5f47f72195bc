package io.github.backdoor4j.defenses;

/** Rows of thresholds, computed as NumPy does, so that a value on the edge falls on its side. */
final class Thresholds {

  private Thresholds() {}

  /** {@code first + i·step}, in doubles: the fourth of 0, 0.05 … is 0.15000000000000002. */
  static double[] steps(double first, double step, int count) {
    double[] values = new double[count];
    for (int i = 0; i < count; i++) {
      values[i] = first + i * step;
    }
    return values;
  }

  /** From 0 in steps up to, but not including, an end: ⌈end/step⌉ values. */
  static double[] below(double end, double step) {
    return steps(0, step, (int) Math.ceil(end / step));
  }
}
