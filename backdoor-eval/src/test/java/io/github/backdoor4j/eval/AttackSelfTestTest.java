package io.github.backdoor4j.eval;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.backdoor4j.core.spi.Registries;
import io.github.backdoor4j.testkit.OneThread;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(OneThread.class)
class AttackSelfTestTest {

  private static final String FILE =
      """
      plan:
        preset: quick
        dataset: toy-blobs
        model: toy-network
        training: {epochs: 4, batch_size: 32, optimizer: {learning_rate: 0.1}, drop_last: false}
        watch_images: 0
        device: cpu
      attacks:
        toy-patch: {least_asr: 0.9, largest_loss: 0.05, options: {ratio: 0.2}}
        toy-learned: {largest_loss: -1.5}
      largest_clean_asr: 0.2
      """;

  @TempDir Path folder;
  private Registries registries;

  @BeforeEach
  void loadToys() throws IOException {
    registries = Toys.registries(folder.resolve("services"));
  }

  private AttackSelfTest test(String text, Long... seeds) {
    return test(text, "out", 1, seeds);
  }

  private AttackSelfTest test(String text, String out, int jobs, Long... seeds) {
    ObjectNode file = PlanFiles.parse(text, "test");
    return new AttackSelfTest(
        file,
        registries,
        folder.resolve(out),
        new RunListener() {},
        List.of(seeds),
        new SideBySide(jobs));
  }

  private static AttackTestRow row(AttackSelfTest test, int attack) {
    return test.run(List.of(test.expectations().get(attack))).get(0);
  }

  @Test
  void run_sideBySide_givesTheNumbersOfOneAfterTheOther() {
    AttackSelfTest apart = test(FILE, "apart", 1, 0L, 1L);
    AttackSelfTest beside = test(FILE, "beside", 3, 0L, 1L);

    List<AttackTestRow> one = apart.run(apart.expectations());
    List<AttackTestRow> three = beside.run(beside.expectations());

    assertThat(one).hasSize(2);
    for (int i = 0; i < one.size(); i++) {
      assertThat(three.get(i).expected().attack()).isEqualTo(one.get(i).expected().attack());
      for (String metric : List.of("c_acc", "asr", "r_acc")) {
        assertThat(three.get(i).metric(metric).values())
            .isEqualTo(one.get(i).metric(metric).values());
      }
      assertThat(three.get(i).cleanAsr().values()).isEqualTo(one.get(i).cleanAsr().values());
    }
    assertThat(folder.resolve("beside/shared"))
        .isDirectoryContaining(path -> path.getFileName().toString().startsWith("clean-model"));
  }

  @Test
  void run_measuresAttackAndCleanModelOverSeeds() {
    AttackSelfTest test = test(FILE, 0L, 1L);

    AttackTestRow row = row(test, 0);

    assertThat(row.attacks()).hasSize(2).allMatch(r -> r.spec().poisonRatio() == 0.2);
    assertThat(row.controls()).hasSize(2);
    assertThat(row.metric("asr").n()).isEqualTo(2);
    assertThat(row.metric("asr").mean()).isGreaterThan(0.9);
    assertThat(row.cleanAsr().mean()).isLessThan(0.2);
    assertThat(row.loss().values().get(0))
        .isEqualTo(row.controls().get(0).value("c_acc") - row.attacks().get(0).value("c_acc"));
    assertThat(row.misses()).isEmpty();
    // a white 3x3 patch on 16x16 pixels: at most 9/256 of the squared peak, at least a hundredth
    assertThat(row.psnr().mean()).isBetween(14.5, 35.0);
  }

  @Test
  void band_thatIsMissed_isNamed() {
    AttackSelfTest test = test(FILE, 0L);

    AttackTestRow row = row(test, 1);

    assertThat(row.misses()).containsExactly("C-Acc loss above -150 points");
    assertThat(AttackTestTable.markdown(List.of(row))).contains("C-Acc loss above -150 points");
  }

  @Test
  void attackThatCannotRun_givesARowWithTheReason() {
    AttackSelfTest test = test(FILE.replace("ratio: 0.2", "ratio: 0.0001"), 0L);

    AttackTestRow row = row(test, 0);

    assertThat(row.attacks()).isEmpty();
    assertThat(row.misses()).singleElement().asString().contains("poisons none");
    assertThat(AttackTestTable.lines(List.of(row)).get(2)).contains("poisons none");
  }

  @Test
  void shippedFile_hasBandsThatCanBeRead() {
    List<AttackExpectation> all = AttackExpectation.all(Presets.selfTest("attacks"));

    assertThat(all).hasSize(16).allMatch(e -> e.largestLoss() <= 0.06);
    assertThat(all)
        .filteredOn(e -> Double.isNaN(e.leastAsr()))
        .extracting(AttackExpectation::attack)
        .containsExactly("ctrl", "refool");
    assertThat(all).allMatch(e -> e.largestCleanAsr() == 0.2);
  }
}
