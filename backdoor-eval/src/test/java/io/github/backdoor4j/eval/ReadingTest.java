package io.github.backdoor4j.eval;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.backdoor4j.core.spi.Evaluation.Measurement;
import io.github.backdoor4j.core.spi.Evidence;
import io.github.backdoor4j.eval.ResultRecord.Kind;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReadingTest {

  private static ResultRecord attack(double accuracy, double success) {
    return SampleRun.record(
        Kind.ATTACK,
        SampleRun.spec("", false, 0),
        List.of(),
        measured(accuracy, success),
        Evidence.NONE,
        SampleRun.none(),
        1);
  }

  private static ResultRecord defense(String id, double before, double accuracy, double success) {
    return SampleRun.record(
        Kind.DEFENSE,
        SampleRun.spec(id, false, 0),
        measured(before, 1),
        measured(accuracy, success),
        Evidence.NONE,
        SampleRun.none(),
        1);
  }

  private static List<Measurement> measured(double accuracy, double success) {
    return List.of(new Measurement("c_acc", accuracy, 2000), new Measurement("asr", success, 1800));
  }

  private static String read(ResultRecord... records) {
    return String.join("\n", Reading.of(List.of(records)));
  }

  @Test
  void removed_meansLowSuccess_atASmallLoss() {
    String text =
        read(
            attack(0.90, 0.99),
            defense("both", 0.90, 0.87, 0.05),
            defense("costly", 0.90, 0.85, 0.05),
            defense("weak", 0.90, 0.90, 0.10));

    assertThat(text)
        .contains("The attack works: badnets makes 99.0 %", "at C-Acc 90.0 %")
        .contains("both brought the ASR under 10 % at a C-Acc loss under 4 points.")
        .contains(
            "That is not so for costly (ASR 5.0 %, C-Acc −5.00 points);"
                + " weak (ASR 10.0 %, C-Acc 0.00 points).");
  }

  @Test
  void nothingRemoved_isSaid() {
    assertThat(read(attack(0.9, 0.99), defense("weak", 0.9, 0.9, 0.5)))
        .contains("No defense brought the ASR under 10 %");
  }

  @Test
  void attackThatFails_isSaid() {
    assertThat(read(attack(0.9, 0.3))).contains("The attack does not take hold");
  }

  @Test
  void detectorsAndVerdicts_areJudged() {
    List<ResultRecord> records =
        new ArrayList<>(
            SampleRun.of(Path.of("out"), List.of(0L), List.of("strip", "neural-cleanse"))
                .records());

    assertThat(String.join("\n", Reading.of(records)))
        .contains("strip tells poisoned from clean (AUROC 0.8", "false alarms 1.2 %")
        .contains("neural-cleanse judges rightly the backdoored model")
        .contains("neural-cleanse judges rightly the clean model")
        .contains("1 seed and 2,000 test images: a difference below about 2 points may be chance.");
    assertThat(Reading.of(records).size()).isBetween(3, 6);
  }

  @Test
  void withoutAnAttack_nothingIsSaid() {
    assertThat(Reading.of(List.of())).isEmpty();
  }
}
