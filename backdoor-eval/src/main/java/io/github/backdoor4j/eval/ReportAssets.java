package io.github.backdoor4j.eval;

import com.google.common.hash.Hashing;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Properties;

/**
 * What the page carries besides its content, all of it our own or from the chart library's jar.
 *
 * @param css style sheet
 * @param charts source of the chart library
 * @param script that draws the charts
 * @param policy of the page: no script runs but these two, and nothing is fetched from anywhere
 */
record ReportAssets(String css, String charts, String script, String policy) {

  private static final String WEBJAR = "/META-INF/maven/org.webjars.npm/chart.js/pom.properties";
  private static final String WEBJARS = "/META-INF/resources/webjars/chart.js/";

  static ReportAssets load() {
    String charts = library();
    String script = text("report.js");
    String policy =
        "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; style-src"
            + " 'unsafe-inline'; script-src "
            + digest(charts)
            + " "
            + digest(script);
    return new ReportAssets(text("report.css"), charts, script, policy);
  }

  /** The template of the page or of a part of it. */
  static String template(String name) {
    return text(name + ".mustache");
  }

  /** The library's one-file build, under the version that is on the class path. */
  private static String library() {
    Properties jar = new Properties();
    try (InputStream in = open(WEBJAR)) {
      jar.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    String source = read(WEBJARS + jar.getProperty("version") + "/dist/chart.umd.min.js");
    // The map is another file, which the page has not.
    return source.replaceAll("(?m)^//# sourceMappingURL=.*$", "").strip();
  }

  private static String text(String name) {
    return read("/io/github/backdoor4j/eval/report/" + name);
  }

  /** Text with the line ends that a browser sees, so that hashes hold on every system. */
  private static String read(String resource) {
    try (InputStream in = open(resource)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).replace("\r\n", "\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static InputStream open(String resource) throws IOException {
    InputStream in = ReportAssets.class.getResourceAsStream(resource);
    if (in == null) {
      throw new IOException("resource " + resource + " is missing from the class path");
    }
    return in;
  }

  private static String digest(String script) {
    byte[] hash = Hashing.sha256().hashString(script, StandardCharsets.UTF_8).asBytes();
    return "'sha256-" + Base64.getEncoder().encodeToString(hash) + "'";
  }
}
