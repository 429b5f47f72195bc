package io.github.backdoor4j.eval;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.backdoor4j.core.spi.Registries;
import io.github.backdoor4j.eval.ResultRecord.Kind;
import io.github.backdoor4j.testkit.OneThread;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(OneThread.class)
class DefenseSelfTestTest {

  private static final String MODELS =
      """
      plan:
        preset: quick
        dataset: toy-blobs
        model: toy-network
        training: {epochs: 4, batch_size: 32, optimizer: {learning_rate: 0.1}, drop_last: false}
        watch_images: 0
        device: cpu
      attacks:
        toy-patch: {options: {ratio: 0.2}}
        toy-learned: {}
      """;
  private static final String FILE =
      """
      attacks: [toy-patch, toy-learned]
      band: {attack: toy-patch, largest_asr: 0.5, largest_loss: 0.9, least: 2}
      defenses:
        toy-chooser: {selection: fixed}
        toy-tuning: {}
        toy-inapplicable: {}
      """;

  @TempDir Path folder;
  private Registries registries;

  @BeforeEach
  void loadToys() throws IOException {
    registries = Toys.registries(folder.resolve("services"));
  }

  private DefenseSelfTest test(String file, RunListener listener) {
    return new DefenseSelfTest(
        PlanFiles.parse(file, "test"),
        PlanFiles.parse(MODELS, "test"),
        registries,
        folder.resolve("out"),
        listener,
        List.of(0L, 1L),
        new SideBySide(1));
  }

  @Test
  void table_hasARowPerDefense_aColumnPerAttack_andTheCleanModel() {
    DefenseSelfTest test = test(FILE, new RunListener() {});
    List<ResultRecord> records = new ArrayList<>();
    records.addAll(test.run(test.attacks(), test.defenses(), true));

    DefenseTestTable table = new DefenseTestTable(records, test.band());

    assertThat(test.attacks()).containsExactly("toy-patch", "toy-learned");
    assertThat(records).filteredOn(r -> r.kind() == Kind.CONTROL_DEFENSE).hasSize(6);
    // always class 1: no attack success, but three quarters of the accuracy; tuning keeps the patch
    assertThat(table.holding()).containsExactly("toy-chooser");
    assertThat(table.judged()).isEqualTo(3);
    List<String> lines = table.lines();
    assertThat(lines.get(0)).contains("toy-patch", "toy-learned", "clean model", "seconds");
    assertThat(lines.get(3)).contains("toy-chooser", "± 0.0", "holds");
    assertThat(lines.get(5)).contains("toy-inapplicable", "n/a", "misses");
    assertThat(table.markdown())
        .contains(
            "### Attack success rate, %", "| defense | toy-patch | toy-learned | clean model |")
        .contains("### Defense effectiveness rating, %", "| toy-inapplicable | n/a | n/a | n/a |");
  }

  @Test
  void settingsOfTheFile_winOverThoseOfTheModels() {
    List<ResultRecord> records =
        test("plan: {holdout_ratio: 0.25}\n" + FILE, new RunListener() {})
            .run(List.of("toy-patch"), List.of("toy-chooser"), false);

    assertThat(records)
        .filteredOn(r -> r.kind() == Kind.DEFENSE)
        .hasSize(2)
        .allMatch(r -> r.spec().settings().path("holdout_ratio").asDouble() == 0.25);
  }

  @Test
  void secondStart_findsEverything() {
    test(FILE, new RunListener() {}).run(List.of("toy-patch"), List.of("toy-chooser"), true);
    List<Boolean> found = new ArrayList<>();

    test(
            FILE,
            new RunListener() {
              @Override
              public void onRecord(ResultRecord result, boolean there) {
                found.add(there);
              }
            })
        .run(List.of("toy-patch"), List.of("toy-chooser"), true);

    assertThat(found).hasSize(8).containsOnly(true);
  }

  @Test
  void oracle_neverHoldsTheBand() {
    DefenseSelfTest test = test(FILE.replace("fixed", "oracle"), new RunListener() {});

    DefenseTestTable table =
        new DefenseTestTable(
            test.run(List.of("toy-patch"), List.of("toy-chooser"), false), test.band());

    assertThat(table.holding()).isEmpty();
    assertThat(table.lines()).anyMatch(line -> line.contains("toy-chooser (oracle)"));
  }

  @Test
  void shippedFile_namesAttacksThatTheOtherSelfTestHas() {
    DefenseSelfTest shipped =
        new DefenseSelfTest(
            Presets.selfTest("defenses"),
            Presets.selfTest("attacks"),
            registries,
            folder,
            new RunListener() {},
            List.of(0L),
            new SideBySide(1));

    assertThat(AttackExpectation.all(Presets.selfTest("attacks")))
        .extracting(AttackExpectation::attack)
        .containsAll(shipped.attacks());
    assertThat(shipped.attacks()).contains(shipped.band().attack());
    assertThat(shipped.band())
        .isEqualTo(new DefenseSelfTest.Band("badnets", 0.10, 0.05, shipped.band().least()));
  }
}
