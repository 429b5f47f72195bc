package io.github.backdoor4j.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.backdoor4j.core.spi.Registries;
import io.github.backdoor4j.core.spi.StrategyRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The generated parts of the documentation say what the registries hold. */
class MethodTablesTest {

  private static final String BEGIN = "<!-- methods:begin -->\n";
  private static final String END = "<!-- methods:end -->";
  private static final String HINT =
      "the registry and %s differ. Write it anew with: ./mvnw -pl examples -am test"
          + " -Dtest=MethodTablesTest -Dbackdoor4j.regenerate=true";

  private static final Registries REGISTRIES = Registries.load();
  private static final MethodTables TABLES = new MethodTables(REGISTRIES);

  @Test
  void registries_loadEveryProvider() {
    for (StrategyRegistry<?> registry :
        List.of(
            REGISTRIES.attacks(),
            REGISTRIES.defenses(),
            REGISTRIES.evaluators(),
            REGISTRIES.datasets(),
            REGISTRIES.architectures())) {
      assertThat(registry.failures()).isEmpty();
      assertThat(registry.all()).isNotEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource({"README.md, docs/methods", "docs/methods.md, methods"})
  void tables_areThoseOfTheRegistries(String name, String pages) throws IOException {
    Path file = Repository.file(name);
    String page = Repository.text(name);
    int begin = page.indexOf(BEGIN);
    int end = page.indexOf(END);
    assertThat(begin).as("position of %s in %s", BEGIN.strip(), name).isNotNegative();
    assertThat(end).as("position of %s in %s", END, name).isGreaterThan(begin);

    String expected =
        page.substring(0, begin + BEGIN.length())
            + "\n"
            + TABLES.tables(pages)
            + "\n"
            + page.substring(end);

    if (Boolean.getBoolean("backdoor4j.regenerate")) {
      Files.writeString(file, expected);
    } else {
      assertThat(page).as(HINT, name).isEqualTo(expected);
    }
  }

  @Test
  void pages_areThoseOfTheRegistries() throws IOException {
    Path folder = Repository.file("docs/methods");
    Map<String, String> pages = TABLES.pages();
    if (Boolean.getBoolean("backdoor4j.regenerate")) {
      Files.createDirectories(folder);
      for (String name : names(folder)) {
        Files.delete(folder.resolve(name + ".md"));
      }
      for (Map.Entry<String, String> page : pages.entrySet()) {
        Files.writeString(folder.resolve(page.getKey() + ".md"), page.getValue());
      }
    }
    assertThat(names(folder)).as(HINT, "docs/methods").isEqualTo(pages.keySet());
    for (Map.Entry<String, String> page : pages.entrySet()) {
      String name = "docs/methods/" + page.getKey() + ".md";
      assertThat(Repository.text(name)).as(HINT, name).isEqualTo(page.getValue());
    }
  }

  private static Set<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".md"))
          .map(name -> name.substring(0, name.length() - ".md".length()))
          .collect(Collectors.toSet());
    }
  }
}
