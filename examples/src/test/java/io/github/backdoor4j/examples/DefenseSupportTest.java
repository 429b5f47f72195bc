package io.github.backdoor4j.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.backdoor4j.core.spi.DefenderAccess;
import io.github.backdoor4j.core.spi.DefenseStrategy;
import io.github.backdoor4j.core.spi.Registries;
import io.github.backdoor4j.testkit.TinyImages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** On which networks defenses can act, and that the documentation says so. */
class DefenseSupportTest {

  private static final String BEGIN = "<!-- support:begin -->\n";
  private static final String END = "<!-- support:end -->";

  private static final Registries REGISTRIES = Registries.load();
  private static DefenseSupport support;

  @BeforeAll
  static void startEachOnEach() {
    support = new DefenseSupport(REGISTRIES);
  }

  @Test
  void table_isThatOfTheDocumentation() throws IOException {
    Path file = Repository.file("docs/defenses.md");
    String page = Repository.text("docs/defenses.md");
    int begin = page.indexOf(BEGIN);
    int end = page.indexOf(END);
    String expected =
        page.substring(0, begin + BEGIN.length())
            + "\n"
            + support.table(REGISTRIES)
            + "\n"
            + page.substring(end);
    if (Boolean.getBoolean("backdoor4j.regenerate")) {
      Files.writeString(file, expected);
    } else {
      assertThat(page)
          .as(
              "write it anew with: ./mvnw -pl examples -am test -Dtest=DefenseSupportTest"
                  + " -Dbackdoor4j.regenerate=true")
          .isEqualTo(expected);
    }
  }

  @Test
  void networksWithoutBatchNormalisation_stopPruningOfItsChannels_withTheReason() {
    for (String defense : new String[] {"clp", "bnp", "ep", "anp", "rnp"}) {
      for (String network : new String[] {"vit-b-16", "convnext-tiny", "vgg19"}) {
        assertThat(support.obstacle(defense, network))
            .as("%s on %s", defense, network)
            .contains("batch norm");
      }
      assertThat(support.obstacle(defense, "preact-resnet18")).isEmpty();
      assertThat(support.obstacle(defense, "resnet18")).isEmpty();
    }
  }

  @Test
  void tuning_actsOnEveryNetwork() {
    for (String defense : new String[] {"fine-tuning", "ft-sam", "fine-pruning"}) {
      REGISTRIES
          .architectures()
          .all()
          .forEach(
              a -> assertThat(support.obstacle(defense, a.id())).as(defense + a.id()).isEmpty());
    }
  }

  @Test
  void defaults_neverAskForTheOracle() {
    for (DefenseStrategy<?> defense : REGISTRIES.defenses().all()) {
      assertThat(needsOfDefaults(defense)).as(defense.id()).doesNotContain(DefenderAccess.ORACLE);
    }
  }

  private static <O extends Record> java.util.Set<DefenderAccess> needsOfDefaults(
      DefenseStrategy<O> defense) {
    return defense.needs(defense.defaults(TinyImages.spec(TinyImages.CIFAR, 10)));
  }
}
