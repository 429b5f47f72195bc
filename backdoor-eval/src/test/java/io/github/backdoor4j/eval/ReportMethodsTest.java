package io.github.backdoor4j.eval;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.spi.DefenderAccess;
import io.github.backdoor4j.core.spi.DefenseContext;
import io.github.backdoor4j.core.spi.DefenseOutcome;
import io.github.backdoor4j.core.spi.DefenseStrategy;
import io.github.backdoor4j.core.spi.MethodCard;
import io.github.backdoor4j.core.spi.Registries;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportMethodsTest {

  /** Options of a defense that is only described, never run. */
  public record NoOptions() {}

  /** Described well. */
  public static class Strip implements DefenseStrategy<NoOptions> {
    @Override
    public String id() {
      return "strip";
    }

    @Override
    public NoOptions defaults(DatasetSpec data) {
      return new NoOptions();
    }

    @Override
    public MethodCard card() {
      return new MethodCard(
          "STRIP (strong perturbation)",
          "Rejects inputs.",
          "Gao et al., ACSAC 2019",
          "https://example.org/strip",
          "model",
          "run time",
          "100 passes",
          List.of("none <worth> a word"));
    }

    @Override
    public Set<DefenderAccess> needs() {
      return Set.of();
    }

    @Override
    public DefenseOutcome defend(DefenseContext context, NoOptions options) {
      throw new UnsupportedOperationException();
    }
  }

  /** Its link is a script. */
  public static final class FineTuning extends Strip {
    @Override
    public String id() {
      return "fine-tuning";
    }

    @Override
    public MethodCard card() {
      return new MethodCard(
          "Fine-Tuning", "Trains on.", "Nobody", "javascript:alert(1)", "", "", "", List.of());
    }
  }

  @Test
  void write_withRegistries_quotesTheCards(@TempDir Path folder) throws Exception {
    Document page = render(folder);

    Element section = page.select("article.defense").get(0);
    assertThat(section.select("h3").text()).isEqualTo("STRIP strip");
    assertThat(section.text()).contains("Rejects inputs.", "none <worth> a word");
    assertThat(section.select(".about a").attr("href")).isEqualTo("https://example.org/strip");
    assertThat(page.select("table.results tbody th").eachText()).contains("STRIP");
  }

  @Test
  void write_linksThatAreNoWebAddress_areTextOnly(@TempDir Path folder) throws Exception {
    Element section = render(folder).select("article.defense").get(1);

    assertThat(section.select(".about").text()).contains("Nobody");
    assertThat(section.select(".about a")).isEmpty();
  }

  @Test
  void names_ofMethodsThatAreNotThere_areTheirIds(@TempDir Path folder) throws Exception {
    try (URLClassLoader loader = services(folder)) {
      ReportMethods methods = new ReportMethods(Optional.of(Registries.load(loader)));

      assertThat(methods.defense("acme.gone")).isEqualTo("acme.gone");
      assertThat(methods.defenseCard("acme.gone")).isEmpty();
      assertThat(methods.className("acme.gone", 3)).isEqualTo("3");
    }
  }

  private static Document render(Path folder) throws Exception {
    Path file = folder.resolve("index.html");
    try (URLClassLoader loader = services(folder)) {
      RunResult result = SampleRun.of(folder, List.of(0L), List.of("strip", "fine-tuning"));
      HtmlReport.write(result, Registries.load(loader), file);
    }
    return Jsoup.parse(file);
  }

  /** A class path entry that announces the two defenses. */
  private static URLClassLoader services(Path folder) throws Exception {
    Path services = Files.createDirectories(folder.resolve("jar/META-INF/services"));
    Files.writeString(
        services.resolve(DefenseStrategy.class.getName()),
        Strip.class.getName() + "\n" + FineTuning.class.getName() + "\n");
    URL[] path = {folder.resolve("jar").toUri().toURL()};
    return new URLClassLoader(path, ReportMethodsTest.class.getClassLoader());
  }
}
