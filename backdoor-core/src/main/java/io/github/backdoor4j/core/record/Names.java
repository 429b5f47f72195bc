package io.github.backdoor4j.core.record;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** Spelling: forms of names, and the nearest known ones to a name that is unknown. */
public final class Names {

  /** A part of a name is as near as two typing errors. */
  private static final int EDITS_OF_A_PART = 2;

  private static final int SHORTEST_PART = 3;

  private Names() {}

  /** {@code poisonRate} and {@code poison-rate} become {@code poison_rate}. */
  public static String snakeCase(String name) {
    return name.replaceAll("([a-z0-9])([A-Z])", "$1_$2").replace('-', '_').toLowerCase(Locale.ROOT);
  }

  /** {@code ALL_TO_ONE} becomes {@code all-to-one}. */
  public static String hyphenated(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** The known names, most similar first; {@code target} is close to {@code target_label}. */
  public static List<String> nearest(String unknown, Collection<String> known) {
    return known.stream()
        .sorted(
            Comparator.comparingInt((String name) -> unlikeness(unknown, name))
                .thenComparing(Comparator.naturalOrder()))
        .toList();
  }

  private static int unlikeness(String unknown, String name) {
    int edits = distance(unknown, name);
    return within(unknown, name) || within(name, unknown)
        ? Math.min(edits, EDITS_OF_A_PART)
        : edits;
  }

  private static boolean within(String part, String whole) {
    return part.length() >= SHORTEST_PART
        && whole.toLowerCase(Locale.ROOT).contains(part.toLowerCase(Locale.ROOT));
  }

  /** Levenshtein distance, letter case aside. */
  static int distance(String left, String right) {
    String a = left.toLowerCase(Locale.ROOT);
    String b = right.toLowerCase(Locale.ROOT);
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int substitution = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(substitution, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}
