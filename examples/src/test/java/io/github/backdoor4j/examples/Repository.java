package io.github.backdoor4j.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The files of this repository, whose folder is above this module's. */
final class Repository {

  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

  private Repository() {}

  static Path file(String name) {
    assertThat(ROOT.resolve("mvnw")).as("the repository's root").exists();
    return ROOT.resolve(name);
  }

  /** Text of a file with Unix line ends, whatever the checkout made of them. */
  static String text(String name) throws IOException {
    return Files.readString(file(name)).replace("\r\n", "\n");
  }

  /** What stands between {@code // name:begin} and {@code // name:end}, without indentation. */
  static String region(String file, String name) throws IOException {
    String all = text(file);
    String begin = "// " + name + ":begin\n";
    int from = all.indexOf(begin);
    int to = all.indexOf("// " + name + ":end");
    assertThat(from).as("position of '%s' in %s", begin.strip(), file).isNotNegative();
    assertThat(to).as("position of the end of '%s' in %s", name, file).isGreaterThan(from);
    // a last line that is empty would count as one without indentation
    return all.substring(from + begin.length(), all.lastIndexOf('\n', to)).stripIndent() + "\n";
  }
}
