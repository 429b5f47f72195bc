package io.github.backdoor4j.core;

/** Argument checks whose messages name the option, its value and what is allowed. */
public final class Checks {

  private Checks() {}

  /**
   * Requires a condition on the caller's input.
   *
   * @throws UsageException with the formatted message if {@code condition} is false
   */
  public static void require(boolean condition, String template, Object... args) {
    if (!condition) {
      throw new UsageException(template, args);
    }
  }

  /** Requires {@code low <= value <= high}; returns the value. */
  public static double requireRange(String name, double value, double low, double high) {
    require(
        value >= low && value <= high,
        "%s must lie in [%s, %s], but was %s",
        name,
        low,
        high,
        value);
    return value;
  }

  /** Requires a ratio in (0, 1]; returns it. */
  public static double requireRatio(String name, double value) {
    require(value > 0 && value <= 1, "%s must lie in (0, 1], but was %s", name, value);
    return value;
  }

  /** Requires {@code value >= low}; returns the value. */
  public static int requireAtLeast(String name, int value, int low) {
    require(value >= low, "%s must be at least %d, but was %d", name, low, value);
    return value;
  }

  /** Requires a finite number greater than zero; returns it. */
  public static double requirePositive(String name, double value) {
    require(
        value > 0 && Double.isFinite(value),
        "%s must be a positive number, but was %s",
        name,
        value);
    return value;
  }

  /** Requires a finite number not below zero; returns it. */
  public static double requireNonNegative(String name, double value) {
    require(
        value >= 0 && Double.isFinite(value), "%s must not be negative, but was %s", name, value);
    return value;
  }
}
