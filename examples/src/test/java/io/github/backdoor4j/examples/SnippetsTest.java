package io.github.backdoor4j.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Code in the documentation is code that the build compiles. After a line {@code <!-- snippet: FILE
 * -->} or {@code <!-- snippet: FILE REGION … -->} stands what the file, or the regions of these
 * names, hold.
 */
class SnippetsTest {

  private static final Pattern SNIPPET =
      Pattern.compile(
          "<!-- snippet: (\\S+)((?: [a-z]+)*) -->\n(```\\w*\n.*?\n```\n)?", Pattern.DOTALL);
  private static final String HINT =
      "code in %s differs from its source. Write it anew with: ./mvnw -pl examples -am test"
          + " -Dtest=SnippetsTest -Dbackdoor4j.regenerate=true";

  static Stream<String> pages() throws IOException {
    List<String> pages = new ArrayList<>(List.of("README.md", "CONTRIBUTING.md"));
    try (Stream<Path> files = Files.list(Repository.file("docs"))) {
      files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".md"))
          .forEach(name -> pages.add("docs/" + name));
    }
    return pages.stream();
  }

  @ParameterizedTest
  @MethodSource("pages")
  void snippets_areTheirSources(String name) throws IOException {
    String page = Repository.text(name);
    StringBuilder expected = new StringBuilder();
    int done = 0;
    for (MatchResult match : SNIPPET.matcher(page).results().toList()) {
      expected.append(page, done, match.start()).append(marker(match)).append(block(match));
      done = match.end();
    }
    expected.append(page.substring(done));

    if (Boolean.getBoolean("backdoor4j.regenerate")) {
      Files.writeString(Repository.file(name), expected);
    } else {
      assertThat(page).as(HINT, name).isEqualTo(expected.toString());
    }
  }

  private static String marker(MatchResult match) {
    return match.group().lines().findFirst().orElseThrow() + "\n";
  }

  private static String block(MatchResult match) throws IOException {
    String file = match.group(1);
    StringBuilder code = new StringBuilder();
    for (String region : match.group(2).strip().split(" ", -1)) {
      code.append(region.isEmpty() ? Repository.text(file) : Repository.region(file, region));
    }
    String language = file.endsWith(".java") ? "java" : "text";
    return "```" + language + "\n" + code.toString().strip() + "\n```\n";
  }

  @ParameterizedTest
  @MethodSource("pages")
  void links_leadToFiles(String name) throws IOException {
    Path folder = Repository.file(name).getParent();
    Matcher link = Pattern.compile("]\\(([^)#\\s]+)[^)]*\\)").matcher(Repository.text(name));
    while (link.find()) {
      String target = link.group(1);
      if (!target.contains(":")) {
        assertThat(folder.resolve(target)).as("what %s links to", name).exists();
      }
    }
  }
}
