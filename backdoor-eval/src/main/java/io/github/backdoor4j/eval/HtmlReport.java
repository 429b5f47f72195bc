package io.github.backdoor4j.eval;

import com.samskivert.mustache.DefaultCollector;
import com.samskivert.mustache.Mustache;
import com.samskivert.mustache.Template;
import io.github.backdoor4j.core.AtomicFiles;
import io.github.backdoor4j.core.spi.Registries;
import java.io.StringReader;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A run as one HTML page for people: what was done, what came of it, how to do it again.
 *
 * <p>The page is a single file that asks nothing of a network; it follows the system's light or
 * dark scheme and prints. The same result gives the same page, byte for byte.
 */
public final class HtmlReport {

  private HtmlReport() {}

  /**
   * Replaces the file. Methods go by their ids.
   *
   * @param result a run, or the part of it that is there
   * @param file {@code index.html} in the report folder; links to records are relative to it
   * @throws io.github.backdoor4j.core.DataException if the file cannot be written
   */
  public static void write(RunResult result, Path file) {
    AtomicFiles.replace(file, render(ReportPage.of(result, Optional.empty(), file)));
  }

  /**
   * Replaces the file. Methods go by the names on their cards, which the page quotes.
   *
   * @param registries where the methods are; those that are not there go by their ids
   */
  public static void write(RunResult result, Registries registries, Path file) {
    AtomicFiles.replace(file, render(ReportPage.of(result, Optional.of(registries), file)));
  }

  private static String render(ReportPage page) {
    Template template =
        Mustache.compiler()
            .emptyStringIsFalse(true)
            .withCollector(new Optionals())
            .withLoader(name -> new StringReader(ReportAssets.template(name)))
            .compile(ReportAssets.template("report"));
    return template.execute(page);
  }

  /** Sections over an {@link Optional} show its value, if any. */
  private static final class Optionals extends DefaultCollector {
    @Override
    public @Nullable Iterator<?> toIterator(Object value) {
      return value instanceof Optional<?> optional
          ? optional.stream().iterator()
          : super.toIterator(value);
    }
  }
}
