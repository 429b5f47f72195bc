package io.github.backdoor4j.core;

import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Where Backdoor4J keeps files of its own on this machine. A system property such as {@code
 * backdoor4j.cache} wins over the environment variable {@code BACKDOOR4J_CACHE}, and that over what
 * the system prescribes.
 */
public final class Places {

  private static final String NAME = "backdoor4j";

  private Places() {}

  /**
   * What can be made again at any time: {@code backdoor4j.cache} or {@code BACKDOOR4J_CACHE}; else
   * {@code $XDG_CACHE_HOME/backdoor4j}, {@code ~/.cache/backdoor4j}, on Windows {@code
   * %LOCALAPPDATA%\backdoor4j\cache}, on macOS {@code ~/Library/Caches/backdoor4j}.
   */
  public static Path cache() {
    return find("cache", System::getProperty, System::getenv);
  }

  /**
   * Data sets that were fetched, each in a folder named like its id: {@code backdoor4j.data} or
   * {@code BACKDOOR4J_DATA}; else {@code $XDG_DATA_HOME/backdoor4j}, {@code
   * ~/.local/share/backdoor4j}, on Windows {@code %LOCALAPPDATA%\backdoor4j\data}, on macOS {@code
   * ~/Library/Application Support/backdoor4j}.
   */
  public static Path data() {
    return find("data", System::getProperty, System::getenv);
  }

  /** Whether a property, or the environment variable of the same name, is set to yes. */
  static boolean flag(String property) {
    String value = setting(property, System::getProperty, System::getenv);
    return value != null && !value.equals("0") && !value.equalsIgnoreCase("false");
  }

  static Path find(
      String kind,
      Function<String, @Nullable String> properties,
      Function<String, @Nullable String> environment) {
    String chosen = setting(NAME + "." + kind, properties, environment);
    return (chosen == null ? usual(kind, properties, environment) : Path.of(chosen))
        .toAbsolutePath();
  }

  private static @Nullable String setting(
      String property,
      Function<String, @Nullable String> properties,
      Function<String, @Nullable String> environment) {
    String value = properties.apply(property);
    if (value == null) {
      value = environment.apply(property.toUpperCase(Locale.ROOT).replace('.', '_'));
    }
    return value == null || value.isBlank() ? null : value;
  }

  private static Path usual(
      String kind,
      Function<String, @Nullable String> properties,
      Function<String, @Nullable String> environment) {
    String system = text(properties.apply("os.name")).toLowerCase(Locale.ROOT);
    Path home = Path.of(text(properties.apply("user.home")));
    boolean cache = kind.equals("cache");
    if (system.startsWith("windows")) {
      String local = text(environment.apply("LOCALAPPDATA"));
      Path base = local.isEmpty() ? home.resolve("AppData/Local") : Path.of(local);
      return base.resolve(NAME).resolve(kind);
    }
    if (system.startsWith("mac")) {
      return home.resolve(cache ? "Library/Caches" : "Library/Application Support").resolve(NAME);
    }
    String xdg = text(environment.apply(cache ? "XDG_CACHE_HOME" : "XDG_DATA_HOME"));
    Path base = // the standard tells to ignore relative paths
        xdg.startsWith("/") ? Path.of(xdg) : home.resolve(cache ? ".cache" : ".local/share");
    return base.resolve(NAME);
  }

  private static String text(@Nullable String value) {
    return value == null ? "" : value;
  }
}
