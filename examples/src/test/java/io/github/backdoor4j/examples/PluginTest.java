package io.github.backdoor4j.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What the plug-in in examples/plugin promises; the plug-in's own tests run in its own build. */
class PluginTest {

  private static final String PLUGIN = "examples/plugin/";
  private static final String SERVICES = PLUGIN + "src/main/resources/META-INF/services/";

  @Test
  void attack_hasAtMostFortyLines() throws IOException {
    String source = Repository.text(PLUGIN + "src/main/java/com/acme/backdoor/Checkerboard.java");

    List<String> code =
        source
            .lines()
            .map(String::strip)
            .filter(line -> !line.isEmpty() && !line.matches("(package|import|//|/\\*|\\*).*"))
            .toList();

    assertThat(code).as("lines besides imports and comments").hasSizeBetween(20, 40);
  }

  @Test
  void services_areOneLineForEachMethod() throws IOException {
    String spi = "io.github.backdoor4j.core.spi.";

    assertThat(Repository.text(SERVICES + spi + "PoisoningStrategy"))
        .isEqualTo("com.acme.backdoor.Checkerboard\ncom.acme.backdoor.Covered\n");
    assertThat(Repository.text(SERVICES + spi + "DefenseStrategy"))
        .isEqualTo("com.acme.backdoor.BlurCheck\n");
  }

  @Test
  void pom_isAnOutsiders() throws IOException {
    String pom = Repository.text(PLUGIN + "pom.xml");

    assertThat(pom).doesNotContain("<parent>");
    Matcher ours =
        Pattern.compile("<groupId>io\\.github\\.backdoor4j</groupId>\\s*<artifactId>([^<]+)<")
            .matcher(pom);
    assertThat(ours.results().map(found -> found.group(1)))
        .containsExactly("backdoor-bom", "backdoor-core", "backdoor-testkit");
  }

  /** Then the plug-in's build finds its tools where the main build has put them, offline too. */
  @Test
  void pom_usesTheToolsOfTheMainBuild() throws IOException {
    Map<String, String> main = tools(Repository.text("pom.xml"));

    assertThat(tools(Repository.text(PLUGIN + "pom.xml"))).isNotEmpty();
    assertThat(main).containsAllEntriesOf(tools(Repository.text(PLUGIN + "pom.xml")));
    assertThat(tools(Repository.text("examples/pom.xml")).get("maven-failsafe-plugin"))
        .isEqualTo(main.get("maven-surefire-plugin"));
  }

  private static Map<String, String> tools(String pom) {
    Map<String, String> versions = new TreeMap<>();
    Pattern.compile("<artifactId>(maven-[a-z]+-plugin)</artifactId>\\s*<version>([^<]+)<")
        .matcher(pom)
        .results()
        .forEach(tool -> versions.put(tool.group(1), tool.group(2)));
    return versions;
  }
}
