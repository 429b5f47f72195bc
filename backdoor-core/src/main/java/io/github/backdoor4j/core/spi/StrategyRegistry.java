package io.github.backdoor4j.core.spi;

import com.google.common.base.Throwables;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.record.Names;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * All providers of one extension point that a class loader sees, by id. An object without static
 * state: a program may have several.
 *
 * @param <S> the extension point
 */
public final class StrategyRegistry<S extends Named> {

  private static final Pattern ID =
      Pattern.compile("[a-z][a-z0-9]*(-[a-z0-9]+)*(\\.[a-z][a-z0-9]*(-[a-z0-9]+)*)*");
  private static final String OWN_PACKAGE = "io.github.backdoor4j.";

  /** After so many an iterator over services is taken to be stuck, as by a jar it cannot read. */
  private static final int MOST_ERRORS = 100;

  private final String kind;
  private final Map<String, S> byId = new TreeMap<>();
  private final Map<String, S> byAlias = new HashMap<>();
  private final List<String> failures = new ArrayList<>();

  private StrategyRegistry(String kind) {
    this.kind = kind;
  }

  /**
   * Finds all providers. A provider that cannot be loaded is reported in {@link #failures()} and
   * does not take the others along.
   *
   * @param type the extension point
   * @param kind what to call it in messages, for example {@code attack}
   * @throws UsageException if two providers share an id or alias, or an id is not well formed
   */
  public static <S extends Named> StrategyRegistry<S> load(
      Class<? extends S> type, String kind, ClassLoader loader) {
    StrategyRegistry<S> registry = new StrategyRegistry<>(kind);
    registry.addAll(ServiceLoader.load(type, loader).iterator());
    registry.indexAliases();
    return registry;
  }

  private void addAll(Iterator<? extends S> providers) {
    int errors = 0;
    while (errors < MOST_ERRORS) {
      try {
        if (!providers.hasNext()) {
          return;
        }
        add(providers.next());
      } catch (ServiceConfigurationError | LinkageError e) {
        errors++;
        report("a provider could not be loaded", e);
      }
    }
  }

  private void report(String what, Throwable failure) {
    Throwable root = Throwables.getRootCause(failure);
    String sentence = what + ": " + failure + (root == failure ? "" : ", because of " + root);
    if (!failures.contains(sentence)) {
      failures.add(sentence);
    }
  }

  private void add(S strategy) {
    String id;
    try {
      id = Objects.requireNonNull(strategy.id(), "its id is null");
      strategy.aliases();
    } catch (RuntimeException | LinkageError e) { // one broken plug-in shall not stop the others
      report(origin(strategy) + " cannot name itself", e);
      return;
    }
    checkName(id, strategy);
    S other = byId.putIfAbsent(id, strategy);
    if (other != null) {
      throw clash(id, other, strategy);
    }
  }

  private void checkName(String id, S strategy) {
    if (!ID.matcher(id).matches()) {
      throw new UsageException(
          "%s %s has the id '%s'; an id is lower-case words with hyphens, outsiders' ids are"
              + " vendor.name",
          kind, origin(strategy), id);
    }
    if (id.indexOf('.') < 0 && !strategy.getClass().getName().startsWith(OWN_PACKAGE)) {
      throw new UsageException(
          "%s %s has the id '%s'; ids without a dot belong to Backdoor4J, use vendor.%s",
          kind, origin(strategy), id, id);
    }
  }

  private void indexAliases() {
    for (S strategy : byId.values()) {
      for (String alias : strategy.aliases()) {
        checkName(alias, strategy);
        S other = byId.containsKey(alias) ? byId.get(alias) : byAlias.putIfAbsent(alias, strategy);
        if (other != null) {
          throw clash(alias, other, strategy);
        }
      }
    }
  }

  private UsageException clash(String id, S one, S two) {
    return new UsageException(
        "two %ss claim the id '%s': %s and %s. Remove one of the jars from the class path.",
        kind, id, origin(one), origin(two));
  }

  private static String origin(Object provider) {
    CodeSource source = provider.getClass().getProtectionDomain().getCodeSource();
    return provider.getClass().getName()
        + " in "
        + (source == null ? "an unknown place" : source.getLocation());
  }

  /**
   * The provider of an id or alias; underscores, as Python's libraries write them, count as
   * hyphens.
   *
   * @throws UsageException if there is none; the message lists the known ids, nearest first
   */
  public S get(String id) {
    String name = id.replace('_', '-');
    S found = byId.containsKey(name) ? byId.get(name) : byAlias.get(name);
    if (found == null) {
      throw new UsageException(
          "there is no %s '%s'. Known, nearest first: %s. A plug-in's jar must be on the class"
              + " path.%s",
          kind,
          id,
          String.join(", ", Names.nearest(id, byId.keySet())),
          failures.isEmpty() ? "" : " These could not be loaded: " + failures);
    }
    return found;
  }

  /** All providers, by ascending id. */
  public Collection<S> all() {
    return Collections.unmodifiableCollection(byId.values());
  }

  /** What could not be loaded, one sentence each. */
  public List<String> failures() {
    return Collections.unmodifiableList(failures);
  }

  /** Where a provider came from: class and jar. */
  public String originOf(S strategy) {
    return origin(strategy);
  }
}
