package io.github.backdoor4j.eval;

import io.github.backdoor4j.eval.Summary.Statistics;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** How the report writes numbers and lists: alike on every machine, whatever its locale. */
final class ReportText {

  /** Stands for what was not measured. */
  static final String MISSING = "–";

  private static final MathContext DIGITS = new MathContext(5);
  private static final MathContext SPREAD = new MathContext(2);
  private static final double LARGEST_PLAIN = 1e9;
  private static final double SMALLEST_PLAIN = 1e-4;

  private ReportText() {}

  /** A share in percent without its sign, two decimals. */
  static String percent(double share) {
    return fixed(100 * share, 2);
  }

  /** A number with so many decimals. */
  static String fixed(double value, int decimals) {
    if (!Double.isFinite(value)) {
      return Double.isNaN(value) ? MISSING : infinity(value);
    }
    String text = String.format(Locale.ROOT, "%,." + decimals + "f", value);
    return text.matches("-0\\.?0*") ? text.substring(1) : text;
  }

  /** A difference of shares in percentage points, with its sign unless it rounds to nothing. */
  static String points(double difference) {
    if (Double.isNaN(difference)) {
      return MISSING;
    }
    String size = percent(Math.abs(difference));
    boolean none = size.matches("0\\.0*");
    return none ? size : (difference > 0 ? "+" : "−") + size;
  }

  /** Any number in as few digits as tell it: whole ones in full, others to five digits. */
  static String number(double value) {
    return number(value, DIGITS);
  }

  private static String number(double value, MathContext digits) {
    if (!Double.isFinite(value)) {
      return Double.isNaN(value) ? MISSING : infinity(value);
    }
    double size = Math.abs(value);
    if (value == Math.rint(value) && size < LARGEST_PLAIN) {
      return String.format(Locale.ROOT, "%,d", (long) value);
    }
    if (size >= LARGEST_PLAIN || size < SMALLEST_PLAIN) {
      return String.format(Locale.ROOT, "%.3e", value);
    }
    return new BigDecimal(value).round(digits).stripTrailingZeros().toPlainString();
  }

  private static String infinity(double value) {
    return value > 0 ? "∞" : "−∞";
  }

  /** A whole number with thousands marked. */
  static String count(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }

  /** {@code 1 seed}, {@code 2 seeds}. */
  static String count(long value, String noun) {
    return count(value) + " " + noun + (value == 1 ? "" : "s");
  }

  /** Mean and, where the values differ, their sample standard deviation. */
  static String numbers(Statistics of) {
    return of.sd() > 0 ? number(of.mean()) + " ± " + number(of.sd(), SPREAD) : number(of.mean());
  }

  /** What a number was made from: the values of the seeds and what they were counted over. */
  static String origin(Statistics of, long denominator, boolean share) {
    if (of.n() == 0) {
      return "not measured";
    }
    String over = denominator == 0 ? "" : " of " + count(denominator);
    if (of.n() == 1) {
      long hits = Math.round(of.mean() * denominator);
      return share && denominator > 0 ? count(hits) + over : "one value" + over;
    }
    String values =
        of.values().stream()
            .map(value -> share ? percent(value) : number(value))
            .collect(Collectors.joining("; "));
    return "mean of " + values + (over.isEmpty() ? "" : ", each" + over);
  }

  /** {@code a}, {@code a and b}, {@code a, b and c}. */
  static String enumerate(List<String> parts) {
    int last = parts.size() - 1;
    return last < 1
        ? String.join("", parts)
        : String.join(", ", parts.subList(0, last)) + " and " + parts.get(last);
  }

  /** A name in snake_case as words. */
  static String words(String name) {
    return name.replace('_', ' ');
  }
}
