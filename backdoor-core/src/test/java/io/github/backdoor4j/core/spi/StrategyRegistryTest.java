package io.github.backdoor4j.core.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.backdoor4j.core.UsageException;
import java.io.IOException;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StrategyRegistryTest {

  @TempDir private Path folder;

  private PluginFolder plugin(String name) throws IOException {
    return new PluginFolder(folder.resolve(name));
  }

  private static StrategyRegistry<Evaluator> load(PluginFolder... plugins) throws IOException {
    try (URLClassLoader loader = PluginFolder.loader(plugins)) {
      return StrategyRegistry.load(Evaluator.class, "evaluator", loader);
    }
  }

  @Test
  void registry_findsTheProvidersOfAllJars_byId() throws IOException {
    PluginFolder one =
        plugin("one").evaluator("acme.Zeta", "acme.zeta").evaluator("acme.Alpha", "acme.alpha");
    PluginFolder two = plugin("two").evaluator("other.Metric", "other.metric-2");

    StrategyRegistry<Evaluator> registry = load(one, two);

    assertThat(registry.all())
        .extracting(Named::id)
        .containsExactly("acme.alpha", "acme.zeta", "other.metric-2");
    assertThat(registry.get("acme.zeta").getClass().getName()).isEqualTo("acme.Zeta");
    assertThat(registry.failures()).isEmpty();
    assertThat(registry.originOf(registry.get("other.metric-2")))
        .contains("other.Metric")
        .contains(two.path().toUri().toURL().toString());
  }

  @Test
  void registry_takesUnderscoresForHyphens() throws IOException {
    StrategyRegistry<Evaluator> registry =
        load(plugin("one").evaluator("acme.Metric", "acme.metric-2"));

    assertThat(registry.get("acme.metric_2").id()).isEqualTo("acme.metric-2");
  }

  @Test
  void registry_withoutProviders_isEmpty() throws IOException {
    StrategyRegistry<Evaluator> registry = load(plugin("none"));

    assertThat(registry.all()).isEmpty();
    assertThatThrownBy(() -> registry.get("asr"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("there is no evaluator 'asr'");
  }

  @Test
  void registries_shareNoState() throws IOException {
    PluginFolder one = plugin("one").evaluator("acme.Alpha", "acme.alpha");
    PluginFolder two = plugin("two").evaluator("acme.Beta", "acme.beta");

    assertThat(load(one).all()).extracting(Named::id).containsExactly("acme.alpha");
    assertThat(load(two).all()).extracting(Named::id).containsExactly("acme.beta");
  }

  @Test
  void registry_cannotBeChangedFromOutside() throws IOException {
    StrategyRegistry<Evaluator> registry =
        load(plugin("one").evaluator("acme.Alpha", "acme.alpha"));

    assertThatThrownBy(() -> registry.all().clear())
        .isInstanceOf(UnsupportedOperationException.class);
    assertThatThrownBy(() -> registry.failures().add("x"))
        .isInstanceOf(UnsupportedOperationException.class);
  }

  @Test
  void alias_leadsToTheProvider_butIsNotListed() throws IOException {
    StrategyRegistry<Evaluator> registry =
        load(plugin("one").evaluator("acme.Alpha", "acme.alpha", "acme.a", "acme.al"));

    assertThat(registry.get("acme.al")).isSameAs(registry.get("acme.alpha"));
    assertThat(registry.get("acme.a")).isSameAs(registry.get("acme.alpha"));
    assertThat(registry.all()).hasSize(1);
  }

  @Test
  void twoProvidersWithOneId_areRefused_namingBothClassesAndPlaces() throws IOException {
    PluginFolder one = plugin("one").evaluator("acme.Alpha", "acme.alpha");
    PluginFolder two = plugin("two").evaluator("rival.Alpha", "acme.alpha");

    assertThatThrownBy(() -> load(one, two))
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll(
            "two evaluators",
            "'acme.alpha'",
            "acme.Alpha in " + one.path().toUri().toURL(),
            "rival.Alpha in " + two.path().toUri().toURL(),
            "Remove one of the jars");
  }

  @Test
  void aliasOfAnother_isRefused_namingBoth() throws IOException {
    PluginFolder one = plugin("one").evaluator("acme.Alpha", "acme.alpha");
    PluginFolder asId = plugin("two").evaluator("rival.Alpha", "rival.alpha", "acme.alpha");
    PluginFolder aliases =
        plugin("three")
            .evaluator("acme.Beta", "acme.beta", "acme.b")
            .evaluator("acme.Gamma", "acme.gamma", "acme.b");

    assertThatThrownBy(() -> load(one, asId))
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll("'acme.alpha'", "acme.Alpha", "rival.Alpha");
    assertThatThrownBy(() -> load(aliases))
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll("'acme.b'", "acme.Beta", "acme.Gamma");
  }

  @Test
  void unknownId_isRefused_listingTheKnown_nearestFirst() throws IOException {
    StrategyRegistry<Evaluator> registry =
        load(
            plugin("one")
                .evaluator("acme.Blend", "acme.blended")
                .evaluator("acme.Wanet", "acme.wanet")
                .evaluator("acme.Badnets", "acme.badnets"));

    assertThatThrownBy(() -> registry.get("acme.wannet"))
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll(
            "no evaluator 'acme.wannet'",
            "nearest first: acme.wanet, acme.badnets, acme.blended",
            "class path");
  }

  @Test
  void undottedId_belongsToBackdoor4j() throws IOException {
    assertThatThrownBy(() -> load(plugin("one").evaluator("acme.Alpha", "alpha")))
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll("acme.Alpha", "'alpha'", "belong to Backdoor4J", "vendor.alpha");
    assertThatThrownBy(() -> load(plugin("two").evaluator("acme.Alpha", "acme.alpha", "al")))
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll("acme.Alpha", "'al'", "vendor.al");

    PluginFolder own = plugin("three").evaluator("io.github.backdoor4j.more.Alpha", "alpha", "al");
    assertThat(load(own).get("al").id()).isEqualTo("alpha");
  }

  @Test
  void idThatIsNotWellFormed_isRefused() throws IOException {
    List<String> wrong =
        List.of(
            "",
            "BadNets",
            "bad_nets",
            "-bad",
            "bad-",
            "bad--nets",
            "acme.",
            ".acme",
            "acme..bad",
            "1st",
            "acme.1st",
            "bad nets",
            "bäd",
            "acme/bad");
    PluginFolder classes = plugin("classes");
    for (int i = 0; i < wrong.size(); i++) {
      classes.evaluator("io.github.backdoor4j.more.Alpha" + i, wrong.get(i));
    }
    Files.delete(classes.path().resolve("META-INF/services/" + Evaluator.class.getName()));
    for (int i = 0; i < wrong.size(); i++) {
      String name = "io.github.backdoor4j.more.Alpha" + i;
      PluginFolder list = plugin("list" + i).listed(name);
      assertThatThrownBy(() -> load(classes, list))
          .isInstanceOf(UsageException.class)
          .hasMessageContainingAll(name, "'" + wrong.get(i) + "'", "lower-case words with hyphens");
    }
  }

  @Test
  void messages_listWhatCouldNotBeLoaded() throws IOException {
    StrategyRegistry<Evaluator> registry =
        load(plugin("one").evaluator("acme.Alpha", "acme.alpha").listed("acme.Missing"));

    assertThat(registry.failures()).hasSize(1);
    assertThatThrownBy(() -> registry.get("acme.missing"))
        .hasMessageContainingAll("could not be loaded", "acme.Missing");
  }

  @Test
  void all_areOfTheExtensionPoint() throws IOException {
    List<Evaluator> all =
        List.copyOf(load(plugin("one").evaluator("acme.Alpha", "acme.alpha")).all());
    assertThat(all.get(0).description()).isEqualTo("acme.alpha");
  }
}
