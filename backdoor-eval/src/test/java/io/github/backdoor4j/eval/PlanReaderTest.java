package io.github.backdoor4j.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.UsageException;
import io.github.backdoor4j.core.record.Names;
import io.github.backdoor4j.core.spi.Registries;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Precision;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PlanReaderTest {

  private final Registries registries = new CliFixture().registries();

  private RunPlan read(String preset, String file, String flags, Map<String, ObjectNode> defenses) {
    return new PlanReader(registries)
        .read(
            preset, PlanFiles.parse(file, "plan.yaml"), PlanFiles.parse(flags, "flags"), defenses);
  }

  private RunPlan read(String file, String flags) {
    return read("quick", file, flags, Map.of());
  }

  @Test
  void preset_fillsWhatNobodySays() {
    RunPlan plan = read("attack: badnets", "");

    assertThat(plan.preset()).isEqualTo("quick");
    assertThat(plan.dataset().id()).isEqualTo("fashion-mnist");
    assertThat(plan.model().id()).isEqualTo("preact-resnet18");
    assertThat(plan.model().options().path("width").asInt()).isEqualTo(8);
    assertThat(plan.seeds()).containsExactly(0L);
    assertThat(plan.defenses()).isEmpty();
    assertThat(plan.control()).isTrue();
  }

  @Test
  void file_winsOverPreset_andFlagsOverBoth() {
    RunPlan plan =
        read(
            """
            attack: {id: badnets, options: {ratio: 0.2, size: 5}}
            model: {id: preact-resnet18, options: {width: 16}}
            training: {epochs: 7, optimizer: {momentum: 0.5}}
            seeds: [1, 2]
            holdout_ratio: 0.3
            holdout_rule: benchmark
            """,
            """
            attack: {options: {ratio: 0.4}}
            training: {epochs: 9}
            seeds: [5]
            """);

    assertThat(plan.attack().options().path("ratio").asDouble()).isEqualTo(0.4);
    assertThat(plan.attack().options().path("size").asInt()).isEqualTo(5);
    assertThat(plan.model().options().path("width").asInt()).isEqualTo(16);
    assertThat(plan.training().path("epochs").asInt()).isEqualTo(9);
    assertThat(plan.training().path("optimizer").path("momentum").asDouble()).isEqualTo(0.5);
    assertThat(plan.training().path("optimizer").has("learning_rate")).isTrue();
    assertThat(plan.seeds()).containsExactly(5L);
    assertThat(plan.holdoutRatio()).isEqualTo(0.3);
    assertThat(plan.holdoutRule()).isEqualTo(HoldoutRule.BENCHMARK);
  }

  @Test
  void precisionAuto_isTheFasterOneHere_whereverItStands() {
    RunPlan plan =
        read(
            """
            attack: badnets
            device: cpu
            training: {precision: auto}
            defenses:
              - {id: fine-tuning, options: {tuning: {precision: auto}}}
              - {id: fine-pruning, options: {tuning.precision: AUTO}}
            """,
            "");

    String fastest = Names.hyphenated(Precision.fastest(ComputeDevice.CPU));
    assertThat(fastest).isIn("fp32", "bf16");
    assertThat(plan.training().path("precision").asText()).isEqualTo(fastest);
    assertThat(plan.defenses().get(0).options().path("tuning").path("precision").asText())
        .isEqualTo(fastest);
    assertThat(plan.defenses().get(1).options().toString())
        .contains(fastest)
        .doesNotContain("AUTO");
  }

  @Test
  void optionsOfOneMethod_sayNothingAboutAnother() {
    RunPlan plan =
        read(
            """
            attack: {id: badnets, options: {size: 5}}
            """,
            """
            attack: {id: sig, options: {}}
            model: {id: plain-cnn, options: {}}
            """);

    assertThat(plan.attack().id()).isEqualTo("sig");
    assertThat(plan.attack().options().has("size")).isFalse();
    assertThat(plan.model().options().has("width")).isFalse();
  }

  @Test
  void anotherKind_replacesTheWholeGroup() {
    RunPlan plan =
        read(
            "attack: badnets",
            """
            training: {schedule: {kind: step, every: 5, factor: 0.1}}
            """);

    assertThat(plan.training().path("schedule").toString())
        .isEqualTo("{\"kind\":\"step\",\"every\":5,\"factor\":0.1}");
  }

  @Test
  void scheduleOfThePreset_followsTheEpochs() {
    RunPlan plan = read("attack: badnets", "training: {epochs: 11}");

    assertThat(plan.training().path("schedule").path("period").asInt()).isEqualTo(11);
    new Resolved(plan, registries); // and it binds
  }

  @Test
  void anySchedule_mayFollowItsEpochs() {
    RunPlan plan =
        read(
            "{attack: bn, defenses: [{id: ft, options: {tuning: {epochs: 6, schedule: {kind: cosine, period: epochs}}}}]}",
            "");

    assertThat(plan.defenses().get(0).options().at("/tuning/schedule/period").asInt()).isEqualTo(6);
  }

  @Test
  void aliases_becomeIds() {
    RunPlan plan = read("{attack: bn, defenses: [ft], dataset: fmnist}", "");

    assertThat(plan.attack().id()).isEqualTo("badnets");
    assertThat(plan.defenses().get(0).id()).isEqualTo("fine-tuning");
    assertThat(plan.dataset().id()).isEqualTo("fashion-mnist");
  }

  @Test
  void optionsOfADefense_areMergedByIdOrAlias() {
    ObjectNode options = PlanFlags.options(Map.of("epochs", "9"));

    RunPlan plan =
        read(
            "quick",
            "{attack: bn, defenses: [{id: ft, options: {epochs: 3, finds: false}}, strip]}",
            "",
            Map.of("ft", options));

    assertThat(plan.defenses().get(0).options().toString())
        .isEqualTo("{\"epochs\":9,\"finds\":false}");
    assertThat(plan.defenses().get(1).options().isEmpty()).isTrue();
    assertThatThrownBy(
            () -> read("quick", "{attack: bn, defenses: [strip]}", "", Map.of("ft", options)))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("no such defense")
        .hasMessageContaining("--defense fine-tuning");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "seed: 1 | unknown field 'seed'. Did you mean 'seeds'?",
        "holdout: 0.1 | Did you mean 'holdout_ratio'?",
        "attack: badnet | there is no attack 'badnet'. Known, nearest first: badnets",
        "defenses: [stirp] | there is no defense 'stirp'. Known, nearest first: strip",
        "dataset: cifar10 | there is no data set 'cifar10'",
        "seeds: [one] | seeds must be whole numbers such as 0,1,2, but one is 'one'",
        "seeds: [1, 1] | seeds must differ",
        "holdout_ratio: 1.5 | holdout_ratio must lie in [0.0, 1.0], but was 1.5",
        "training: fast | training must be a group",
        "'attack: {name: badnets}' | has the field 'name'",
        "control: maybe | control",
      })
  void mistakes_areNamed(String file, String message) {
    String plan = file.startsWith("attack") ? file : file + "\nattack: badnets";
    assertThatThrownBy(() -> read(plan, ""))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining(message);
  }

  @Test
  void withoutAnAttack_theKnownOnesAreListed() {
    assertThatThrownBy(() -> read("", ""))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("--attack ID")
        .hasMessageContaining("badnets, input-aware, sig");
  }

  @Test
  void preset_misspelt() {
    assertThatThrownBy(() -> read("quik", "attack: badnets", "", Map.of()))
        .hasMessage("there is no preset 'quik'. Known, nearest first: quick, benchmark.");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a: [", "just words", "a: 1\na: 2"})
  void brokenYaml_isBadData(String text) {
    assertThatThrownBy(() -> PlanFiles.parse(text, "plan.yaml"))
        .isInstanceOf(DataException.class)
        .hasMessageStartingWith("plan.yaml");
  }

  @ParameterizedTest
  @ValueSource(strings = {"quick", "benchmark"})
  void writtenPlan_readsBackAsTheSame(String preset) {
    RunPlan plan =
        read(
            preset,
            "{attack: {id: bn, options: {note: '12'}}, defenses: [ft, strip]}",
            "",
            Map.of());
    Resolved resolved = new Resolved(plan, registries);

    RunPlan again = read(preset, PlanFiles.write(resolved), "", Map.of());
    Resolved resolvedAgain = new Resolved(again, registries);

    assertThat(resolvedAgain.training).isEqualTo(resolved.training);
    assertThat(resolvedAgain.attack.options()).isEqualTo(resolved.attack.options());
    assertThat(resolvedAgain.model.options()).isEqualTo(resolved.model.options());
    assertThat(resolvedAgain.defenses).hasSize(2);
    assertThat(again.seeds()).isEqualTo(plan.seeds());
  }

  @Test
  void quickstart_isAPlan() {
    RunPlan plan =
        new PlanReader(registries).read("quick", Presets.quickstart(), PlanTrees.empty(), Map.of());

    assertThat(plan.defenses())
        .extracting(MethodChoice::id)
        .containsExactly(
            "fine-tuning", "fine-pruning", "neural-cleanse", "activation-clustering", "strip");
    assertThat(plan.attack().options().path("ratio").asDouble()).isEqualTo(0.1);
  }
}
