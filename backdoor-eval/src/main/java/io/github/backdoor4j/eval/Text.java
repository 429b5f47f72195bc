package io.github.backdoor4j.eval;

import java.util.ArrayList;
import java.util.List;

/** Numbers and paragraphs for the console, beside those of {@link ReportText}. */
final class Text {

  private static final double MINUTE = 60;
  private static final double TEN = 10;

  private Text() {}

  /** A share as per cent with one decimal, without the sign. */
  static String percent(double share) {
    return ReportText.fixed(share * 100, 1);
  }

  /** A duration: {@code 4.2 s}, {@code 38 s}, {@code 12 min 5 s}, {@code 3 h 20 min}. */
  static String duration(double seconds) {
    if (seconds < TEN) {
      return ReportText.fixed(seconds, 1) + " s";
    }
    long whole = Math.round(seconds);
    long minute = (long) MINUTE;
    if (whole < minute) {
      return whole + " s";
    }
    if (whole < minute * minute) {
      return whole / minute + " min " + whole % minute + " s";
    }
    return whole / (minute * minute) + " h " + whole / minute % minute + " min";
  }

  /** Breaks a text at blanks so that no line is longer than {@code width}, if words allow it. */
  static List<String> wrap(String text, int width) {
    List<String> lines = new ArrayList<>();
    StringBuilder line = new StringBuilder();
    for (String word : text.strip().split("\\s+", -1)) {
      if (line.length() > 0 && line.length() + 1 + word.length() > width) {
        lines.add(line.toString());
        line.setLength(0);
      }
      line.append(line.length() == 0 ? "" : " ").append(word);
    }
    lines.add(line.toString());
    return lines;
  }
}
