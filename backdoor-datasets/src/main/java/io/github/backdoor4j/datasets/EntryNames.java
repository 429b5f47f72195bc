package io.github.backdoor4j.datasets;

import com.google.common.base.Splitter;
import io.github.backdoor4j.core.DataException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** Names of archive entries: strangers chose them. */
final class EntryNames {

  private static final int LONGEST_SHOWN = 200;
  private static final int LONGEST = 4096;
  private static final Pattern DRIVE = Pattern.compile("[A-Za-z]:.*", Pattern.DOTALL);
  private static final Pattern UNPRINTABLE = Pattern.compile("[\\p{Cntrl}\\p{Cf}]");

  private EntryNames() {}

  /**
   * A name without "./" and doubled slashes.
   *
   * @throws DataException if it leads, on any system, somewhere else than below the tree
   */
  static String checked(Path source, String raw) {
    if (raw.startsWith("/")) {
      throw refused(source, raw, "is an absolute path");
    }
    if (DRIVE.matcher(raw).matches()) {
      throw refused(source, raw, "begins with a drive letter");
    }
    if (raw.indexOf('\\') >= 0 || raw.indexOf('\0') >= 0) {
      throw refused(source, raw, "has a backslash or NUL in its name");
    }
    if (raw.length() > LONGEST) {
      throw refused(source, raw, "has a name of more than " + LONGEST + " characters");
    }
    List<String> parts = new ArrayList<>();
    for (String part : Splitter.on('/').split(raw)) {
      if (part.equals("..")) {
        throw refused(source, raw, "leads out of the tree");
      }
      if (!part.isEmpty() && !part.equals(".")) {
        parts.add(part);
      }
    }
    return String.join("/", parts);
  }

  private static DataException refused(Path source, String raw, String why) {
    return new DataException(
        "%s: entry '%s' %s; such archives are refused. Fetch it from its official place.",
        source, shown(raw), why);
  }

  /** A name, or a text that may hold one, fit for a message: one line of bounded length. */
  static String shown(String name) {
    String clean = UNPRINTABLE.matcher(name).replaceAll("?");
    return clean.length() <= LONGEST_SHOWN
        ? clean
        : String.format(
            Locale.ROOT, "%s… (%,d characters)", clean.substring(0, LONGEST_SHOWN), clean.length());
  }
}
